import type { ModuleInput, ModuleWithPresence } from "@larimar/domain";
import { z } from "zod";
import {
  AuthenticationBody,
  DeviceIdentity,
  toAuthenticationInput,
  toAuthenticationMechanism,
} from "./device-identity.ts";
import { formatTimestamp } from "../timestamps.ts";

/** What a client may write of a module; the rest of what it sends back is overlooked. */
export const ModuleBody = z.object({
  deviceId: z.string().nullish(),
  moduleId: z.string().nullish(),
  managedBy: z.string().nullish(),
  authentication: AuthenticationBody.nullish(),
});

/** A module as clients read it; it has no status of its own. */
export const ModuleIdentity = DeviceIdentity.pick({
  deviceId: true,
  generationId: true,
  etag: true,
  connectionState: true,
  connectionStateUpdatedTime: true,
  lastActivityTime: true,
  cloudToDeviceMessageCount: true,
  authentication: true,
}).extend({ moduleId: z.string(), managedBy: z.string().nullable() });

export function toModuleInput(
  key: { readonly deviceId: string; readonly moduleId: string },
  body: z.output<typeof ModuleBody>,
): ModuleInput {
  const { authentication, managedBy } = body;
  return {
    ...key,
    managedBy: managedBy ?? undefined,
    authentication: authentication ? toAuthenticationInput(authentication) : undefined,
  };
}

export function toModuleIdentity(
  { module, presence }: ModuleWithPresence,
  cloudToDeviceMessageCount: number,
): z.output<typeof ModuleIdentity> {
  return {
    moduleId: module.moduleId,
    managedBy: module.managedBy ?? null,
    deviceId: module.deviceId,
    generationId: module.generationId,
    etag: module.etag,
    connectionState: presence.isConnected ? "Connected" : "Disconnected",
    connectionStateUpdatedTime: formatTimestamp(presence.connectionStateUpdatedAtMs),
    lastActivityTime: formatTimestamp(presence.lastActivityAtMs),
    cloudToDeviceMessageCount,
    authentication: toAuthenticationMechanism(module.authentication),
  };
}
