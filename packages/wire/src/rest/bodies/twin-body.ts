import type { JsonObject, Twin, TwinOwner, TwinPatch } from "@larimar/domain";
import { jsonObject, twinDocument } from "@larimar/domain";
import { z } from "zod";
import { DeviceIdentity } from "./device-identity.ts";
import { AnyJsonObject } from "../json-schema.ts";

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

export function toTwinPatch(body: z.output<typeof TwinPatchBody>): TwinPatch {
  const { tags, properties } = body;
  return { tags: withoutSystemKeys(tags), desired: withoutSystemKeys(properties?.desired) };
}

export function toTwinBody(twin: Twin, owner: TwinOwner): z.output<typeof TwinBody> {
  return twinDocument(twin, owner) as z.output<typeof TwinBody>;
}

/** Whole twins come with their `$metadata` and `$version`; nobody may write those. */
function withoutSystemKeys(section: JsonObject | null | undefined): JsonObject | null | undefined {
  if (!section) return section;
  return jsonObject(
    Object.entries(section).filter(([key]) => key !== "$metadata" && key !== "$version"),
  );
}
