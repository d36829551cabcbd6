import type { JsonValue } from "../../json/json-value.ts";
import type { HubPlace } from "../allocation/allocator.ts";
import type { AttestedDevice } from "../attestation/evidence.ts";
import type { ProvisioningCrypto } from "../attestation/provisioning-crypto.ts";
import { isSameProvisioningId } from "../provisioning-ids.ts";

/** A device that proved itself and wants a hub. */
export interface RegistrationRequest {
  readonly device: AttestedDevice;
  /** For the operator's webhook. */
  readonly payload: JsonValue | undefined;
}

/** The same for two requests exactly when one answer serves both. */
export function fingerprintOf(
  { device, payload }: RegistrationRequest,
  crypto: Pick<ProvisioningCrypto, "digest">,
): string {
  const { proof, enrollment } = device;
  const proved =
    proof.type === "symmetricKey"
      ? [proof.primaryKey, proof.secondaryKey]
      : proof.type === "x509"
        ? [proof.leaf.sha256Thumbprint]
        : [proof.endorsementKey, proof.storageRootKey];
  const facts = [
    enrollment.kind,
    enrollment.id,
    enrollment.etag,
    proof.type,
    proved,
    payload ?? null,
  ];
  return crypto.digest(JSON.stringify(facts));
}

/**
 * The id in the hub: the enrollment's, else the registration's. Hubs tell ids apart by case and this service
 * does not, so a device that is known keeps its first spelling.
 */
export function deviceIdOf(device: AttestedDevice, previous: HubPlace | undefined): string {
  const { enrollment, registrationId } = device;
  if (enrollment.kind === "individual" && enrollment.deviceId !== undefined)
    return enrollment.deviceId;
  if (previous !== undefined && isSameProvisioningId(previous.deviceId, registrationId)) {
    return previous.deviceId;
  }
  return enrollment.kind === "individual" ? enrollment.id : registrationId;
}
