import { HubError } from "../errors/hub-error.ts";
import { type BulkHub, checkItems } from "./bulk-operations.ts";
import type { Authentication, IdentityKey } from "./device.ts";
import { describeIdentity } from "./device.ts";

export type RotatedKeyName = "primaryKey" | "secondaryKey" | "both";

export interface RotatedKeys {
  readonly key: IdentityKey;
  /** Undefined for the one that stayed. */
  readonly primaryKey: string | undefined;
  readonly secondaryKey: string | undefined;
}

export interface RotationOutcome {
  readonly rotated: readonly RotatedKeys[];
  readonly errors: readonly { readonly key: IdentityKey; readonly error: HubError }[];
}

/** Others may change the same identity meanwhile; then it is read again, so many times. */
const ATTEMPTS_MAX = 16;

/**
 * New keys for identities that have keys, each for itself: the others are refused. Throws `TooManyDevices`
 * and `DeviceDefinedMultipleTimes` before any.
 */
export async function rotateKeys(
  hub: BulkHub,
  keys: readonly IdentityKey[],
  which: RotatedKeyName,
): Promise<RotationOutcome> {
  checkItems(keys);
  const rotated: RotatedKeys[] = [];
  const errors: { key: IdentityKey; error: HubError }[] = [];
  for (const key of keys) {
    try {
      rotated.push(await rotate(hub, key, which));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      errors.push({ key, error });
    }
  }
  return { rotated, errors };
}

async function rotate(hub: BulkHub, key: IdentityKey, which: RotatedKeyName): Promise<RotatedKeys> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      const renewed = await renew(hub, key, which);
      return {
        key,
        primaryKey: which === "secondaryKey" ? undefined : renewed.primaryKey,
        secondaryKey: which === "primaryKey" ? undefined : renewed.secondaryKey,
      };
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "PreconditionFailed") throw error;
    }
  }
  throw new HubError("Busy", `'${describeIdentity(key)}' changes too often`);
}

async function renew(
  { devices, modules }: BulkHub,
  key: IdentityKey,
  which: RotatedKeyName,
): Promise<SasKeys> {
  const { deviceId, moduleId } = key;
  if (moduleId === undefined) {
    const { device } = await devices.get(deviceId);
    const { etag, status, statusReason } = device;
    const authentication = inputOf(key, device.authentication, which);
    const input = { deviceId, status, statusReason, authentication };
    return keysOf(key, (await devices.update(input, { etag })).device.authentication);
  }
  const { module } = await modules.get({ deviceId, moduleId });
  const authentication = inputOf(key, module.authentication, which);
  const input = { deviceId, moduleId, authentication };
  const updated = await modules.update(input, { etag: module.etag });
  return keysOf(key, updated.module.authentication);
}

type SasKeys = Extract<Authentication, { type: "sas" }>;

function keysOf(key: IdentityKey, authentication: Authentication): SasKeys {
  if (authentication.type === "sas") return authentication;
  throw new HubError("ArgumentInvalid", `'${describeIdentity(key)}' has no symmetric keys`);
}

/** A key that is left out is made anew. */
function inputOf(key: IdentityKey, authentication: Authentication, which: RotatedKeyName) {
  const { type, primaryKey, secondaryKey } = keysOf(key, authentication);
  if (which === "both") return { type };
  return which === "primaryKey" ? { type, secondaryKey } : { type, primaryKey };
}
