import {
  type AuthenticatedIdentity,
  type ClientCertificate,
  type Hub,
  HubError,
  type HubErrorCode,
  type IdentityKey,
  type Right,
  type SasToken,
  identityPath,
} from "@larimar/domain";

export interface ServiceCaller {
  readonly token: SasToken | undefined;
  readonly rights: readonly Right[];
  readonly resource: readonly string[];
}

/** Any one of the rights will do; throws `Unauthorized` of the first otherwise. */
export function authorizeService(hub: Hub, { token, rights, resource }: ServiceCaller): void {
  let refusal: unknown;
  for (const right of rights) {
    try {
      hub.access.authorize({ token, right, resource });
      return;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

const UNREGISTERED: ReadonlySet<HubErrorCode> = new Set(["DeviceNotFound", "ModuleNotFound"]);

export interface DeviceCaller {
  readonly key: IdentityKey;
  readonly token: SasToken | undefined;
  readonly certificate: ClientCertificate | undefined;
}

/**
 * Throws `Unauthorized` and `DeviceDisabled`; `DeviceNotFound` and `ModuleNotFound` only for the holder of
 * a policy that may connect any device, or strangers could find out which ids are registered.
 */
export async function authenticateDevice(
  hub: Hub,
  { key, token, certificate }: DeviceCaller,
): Promise<AuthenticatedIdentity> {
  try {
    return await hub.access.authenticate(key, { sasToken: token, certificate });
  } catch (error) {
    if (error instanceof HubError && UNREGISTERED.has(error.code)) {
      hub.access.authorize({ token, right: "DeviceConnect", resource: identityPath(key) });
    }
    throw error;
  }
}
