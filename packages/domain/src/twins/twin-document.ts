import type { Authentication, Presence } from "../devices/device.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { jsonObject } from "../json/json-value.ts";
import { formatTimestamp } from "../time/timestamps.ts";
import type { Twin, TwinSection } from "./twin.ts";

/** What a twin shows of its identity, beside its own sections. */
export interface TwinOwner {
  readonly etag: string;
  readonly status: "enabled" | "disabled";
  readonly statusReason: string | undefined;
  readonly statusUpdatedAtMs: number;
  readonly authentication: Authentication;
  /** Devices only. */
  readonly capabilities: { readonly iotEdge: boolean } | undefined;
  readonly deviceScope: string | undefined;
  readonly parentScopes: readonly string[];
  readonly presence: Presence;
  readonly commandCount: number;
}

/**
 * A twin as back ends read it and as queries see it: the names are those of the query language.
 * (protocol reference: query-language 6.1)
 */
export function twinDocument(twin: Twin, owner: TwinOwner): JsonObject {
  const { deviceId, moduleId } = twin.key;
  const thumbprints = owner.authentication.type === "selfSigned" ? owner.authentication : undefined;
  return {
    deviceId,
    ...(moduleId !== undefined && { moduleId }),
    modelId: twin.modelId,
    etag: twin.etag,
    deviceEtag: owner.etag,
    version: twin.version,
    status: owner.status,
    ...(owner.statusReason !== undefined && { statusReason: owner.statusReason }),
    statusUpdateTime: formatTimestamp(owner.statusUpdatedAtMs),
    connectionState: owner.presence.isConnected ? "Connected" : "Disconnected",
    lastActivityTime: formatTimestamp(owner.presence.lastActivityAtMs),
    cloudToDeviceMessageCount: owner.commandCount,
    authenticationType: owner.authentication.type,
    x509Thumbprint: {
      primaryThumbprint: thumbprints?.primaryThumbprint ?? null,
      secondaryThumbprint: thumbprints?.secondaryThumbprint ?? null,
    },
    ...(owner.capabilities !== undefined && {
      capabilities: { iotEdge: owner.capabilities.iotEdge },
      ...(owner.deviceScope !== undefined && { deviceScope: owner.deviceScope }),
      parentScopes: owner.parentScopes,
    }),
    ...(Object.keys(twin.configurations).length > 0 && { configurations: twin.configurations }),
    ...(Object.keys(twin.tags).length > 0 && { tags: twin.tags }),
    properties: {
      desired: sectionDocument(twin.desired),
      reported: sectionDocument(twin.reported),
    },
  };
}

/** The values with when they changed and how often; no key that a user chose begins with `$`. */
export function sectionDocument({ values, metadata, version }: TwinSection): JsonObject {
  return jsonObject([
    ...Object.entries<JsonValue>(values),
    ["$metadata", metadata],
    ["$version", version],
  ]);
}
