import type {
  Authentication,
  IdentityKey,
  JsonObject,
  Presence,
  Twin,
  TwinPatch,
  TwinSection,
} from "@larimar/domain";
import { jsonObject } from "@larimar/domain";
import { z } from "zod";
import { DeviceIdentity, toAuthenticationMechanism, toScopes } from "./device-identity.ts";
import { AnyJsonObject } from "./json-schema.ts";
import { formatTimestamp } from "./timestamps.ts";

/**
 * What a back end may change of a twin. Clients also send whole twins back; everything read-only in them is
 * overlooked. A missing section stays, null empties it. (protocol reference: service-facing 2.11)
 */
export const TwinPatchBody = z.object({
  tags: AnyJsonObject.nullish(),
  properties: z.object({ desired: AnyJsonObject.nullish() }).nullish(),
});

/** A twin as back ends read it. */
export const TwinBody = z.object({
  deviceId: z.string(),
  moduleId: z.string().optional(),
  modelId: z.string(),
  etag: z.string(),
  deviceEtag: z.string(),
  version: z.int(),
  status: z.enum(["enabled", "disabled"]),
  statusReason: z.string().optional(),
  statusUpdateTime: z.iso.datetime(),
  connectionState: z.enum(["Connected", "Disconnected"]),
  lastActivityTime: z.iso.datetime(),
  cloudToDeviceMessageCount: z.int(),
  authenticationType: DeviceIdentity.shape.authentication.shape.type,
  x509Thumbprint: DeviceIdentity.shape.authentication.shape.x509Thumbprint,
  capabilities: DeviceIdentity.shape.capabilities.optional(),
  deviceScope: z.string().optional(),
  parentScopes: z.array(z.string()).optional(),
  configurations: AnyJsonObject.optional(),
  tags: AnyJsonObject.optional(),
  properties: z.object({ desired: AnyJsonObject, reported: AnyJsonObject }),
});

/** What a twin shows of its identity, beside its own sections. */
export interface TwinOwner {
  readonly key: IdentityKey;
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

export function toTwinPatch(body: z.output<typeof TwinPatchBody>): TwinPatch {
  const { tags, properties } = body;
  return { tags: withoutSystemKeys(tags), desired: withoutSystemKeys(properties?.desired) };
}

export function toTwinBody(twin: Twin, owner: TwinOwner): z.output<typeof TwinBody> {
  const { deviceId, moduleId } = owner.key;
  const { type, x509Thumbprint } = toAuthenticationMechanism(owner.authentication);
  const hasConfigurations = Object.keys(twin.configurations).length > 0;
  const hasTags = Object.keys(twin.tags).length > 0;
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
    authenticationType: type,
    x509Thumbprint,
    ...(owner.capabilities !== undefined && {
      capabilities: { iotEdge: owner.capabilities.iotEdge },
      ...toScopes(owner),
    }),
    ...(hasConfigurations && { configurations: twin.configurations }),
    ...(hasTags && { tags: twin.tags }),
    properties: { desired: toSection(twin.desired), reported: toSection(twin.reported) },
  };
}

function toSection({ values, metadata, version }: TwinSection): JsonObject {
  return jsonObject([...Object.entries(values), ["$metadata", metadata], ["$version", version]]);
}

/** Whole twins come with their `$metadata` and `$version`; nobody may write those. */
function withoutSystemKeys(section: JsonObject | null | undefined): JsonObject | null | undefined {
  if (!section) return section;
  return jsonObject(
    Object.entries(section).filter(([key]) => key !== "$metadata" && key !== "$version"),
  );
}
