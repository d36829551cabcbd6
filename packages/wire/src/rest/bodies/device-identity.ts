import type {
  Authentication,
  AuthenticationInput,
  Device,
  DeviceInput,
  DeviceWithPresence,
} from "@larimar/domain";
import { z } from "zod";
import { formatTimestamp } from "../timestamps.ts";

const AUTHENTICATION_TYPES = ["sas", "selfSigned", "certificateAuthority", "none"] as const;

/** How clients write credentials: a missing member, null and empty text all mean "not given". */
export const AuthenticationBody = z.object({
  type: z.enum(AUTHENTICATION_TYPES).nullish(),
  symmetricKey: z
    .object({ primaryKey: z.string().nullish(), secondaryKey: z.string().nullish() })
    .nullish(),
  x509Thumbprint: z
    .object({ primaryThumbprint: z.string().nullish(), secondaryThumbprint: z.string().nullish() })
    .nullish(),
});

/**
 * What a client may write of a device. Everything else of the identity is read-only, and clients that send
 * back what they read send it too: it is overlooked. (protocol reference: service-facing 2.6)
 */
export const DeviceBody = z.object({
  deviceId: z.string().nullish(),
  status: z.enum(["enabled", "disabled"]).nullish(),
  statusReason: z.string().nullish(),
  authentication: AuthenticationBody.nullish(),
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  deviceScope: z.string().nullish(),
  parentScopes: z.array(z.string()).nullish(),
});

/** A device as clients read it. */
export const DeviceIdentity = z.object({
  deviceId: z.string(),
  generationId: z.string(),
  etag: z.string(),
  connectionState: z.enum(["Connected", "Disconnected"]),
  status: z.enum(["enabled", "disabled"]),
  statusReason: z.string().nullable(),
  connectionStateUpdatedTime: z.iso.datetime(),
  statusUpdatedTime: z.iso.datetime(),
  lastActivityTime: z.iso.datetime(),
  cloudToDeviceMessageCount: z.int(),
  authentication: z.object({
    symmetricKey: z.object({
      primaryKey: z.string().nullable(),
      secondaryKey: z.string().nullable(),
    }),
    x509Thumbprint: z.object({
      primaryThumbprint: z.string().nullable(),
      secondaryThumbprint: z.string().nullable(),
    }),
    type: z.enum(AUTHENTICATION_TYPES),
  }),
  capabilities: z.object({ iotEdge: z.boolean() }),
  deviceScope: z.string().optional(),
  parentScopes: z.array(z.string()),
});

export function toDeviceInput(deviceId: string, body: z.output<typeof DeviceBody>): DeviceInput {
  const { authentication, capabilities } = body;
  return {
    deviceId,
    status: body.status ?? undefined,
    statusReason: body.statusReason ?? undefined,
    authentication: authentication ? toAuthenticationInput(authentication) : undefined,
    capabilities: capabilities ? { iotEdge: capabilities.iotEdge ?? false } : undefined,
    deviceScope: body.deviceScope ?? undefined,
    parentScopes: body.parentScopes ?? undefined,
  };
}

export function toAuthenticationInput(
  body: z.output<typeof AuthenticationBody>,
): AuthenticationInput {
  return {
    type: body.type ?? undefined,
    primaryKey: body.symmetricKey?.primaryKey ?? undefined,
    secondaryKey: body.symmetricKey?.secondaryKey ?? undefined,
    primaryThumbprint: body.x509Thumbprint?.primaryThumbprint ?? undefined,
    secondaryThumbprint: body.x509Thumbprint?.secondaryThumbprint ?? undefined,
  };
}

export function toDeviceIdentity(
  { device, presence }: DeviceWithPresence,
  cloudToDeviceMessageCount: number,
): z.output<typeof DeviceIdentity> {
  return {
    deviceId: device.deviceId,
    generationId: device.generationId,
    etag: device.etag,
    connectionState: presence.isConnected ? "Connected" : "Disconnected",
    status: device.status,
    statusReason: device.statusReason ?? null,
    connectionStateUpdatedTime: formatTimestamp(presence.connectionStateUpdatedAtMs),
    statusUpdatedTime: formatTimestamp(device.statusUpdatedAtMs),
    lastActivityTime: formatTimestamp(presence.lastActivityAtMs),
    cloudToDeviceMessageCount,
    authentication: toAuthenticationMechanism(device.authentication),
    capabilities: { iotEdge: device.capabilities.iotEdge },
    ...toScopes(device),
  };
}

/** A device without a scope has no such member; one client takes any parents but `[]` for some. */
export function toScopes({
  deviceScope,
  parentScopes,
}: Pick<Device, "deviceScope" | "parentScopes">): { deviceScope?: string; parentScopes: string[] } {
  return { ...(deviceScope !== undefined && { deviceScope }), parentScopes: [...parentScopes] };
}

export function toAuthenticationMechanism(
  authentication: Authentication,
): z.output<typeof DeviceIdentity>["authentication"] {
  const keys = authentication.type === "sas" ? authentication : undefined;
  const thumbprints = authentication.type === "selfSigned" ? authentication : undefined;
  return {
    symmetricKey: {
      primaryKey: keys?.primaryKey ?? null,
      secondaryKey: keys?.secondaryKey ?? null,
    },
    x509Thumbprint: {
      primaryThumbprint: thumbprints?.primaryThumbprint ?? null,
      secondaryThumbprint: thumbprints?.secondaryThumbprint ?? null,
    },
    type: authentication.type,
  };
}
