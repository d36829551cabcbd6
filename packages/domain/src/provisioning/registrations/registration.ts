import type { JsonValue } from "../../json/json-value.ts";
import type { HubPlace } from "../allocation/allocator.ts";
import type { CertificateInfo } from "../../certificates/certificate.ts";
import type { ProvisioningErrorCode } from "../provisioning-error.ts";

export type Substatus = "initialAssignment" | "deviceDataMigrated" | "deviceDataReset";

/** How the device proved itself the last time, and what of that it is told. */
export type RegistrationAttestation =
  | { readonly type: "symmetricKey" }
  | {
      readonly type: "x509";
      readonly certificate: CertificateInfo;
      readonly signer: CertificateInfo | undefined;
    }
  | {
      readonly type: "tpm";
      /** Remembered from the first time on: a TPM with another one is another TPM. */
      readonly storageRootKey: string;
      /** The key for the hub, sealed for the TPM, base64. */
      readonly authenticationKey: string | undefined;
    };

/** One registration of a device, from 202 to its end; clients ask about it by its id. */
export interface RegistrationOperation {
  readonly id: string;
  readonly expiresAtMs: number;
}

/** Somebody is working on the registration; nobody else may until the claim ends. */
export interface RegistrationClaim {
  readonly operationId: string;
  readonly expiresAtMs: number;
  /** What was asked for, so that the same question asked again can join in. */
  readonly fingerprint: string;
  /** Where an identity may have been created already; undefined while that is not decided. */
  readonly target: HubPlace | undefined;
}

/** What the service remembers of a device that registered. */
export interface Registration {
  /** As the device wrote it the first time; compared without case. */
  readonly registrationId: string;
  readonly etag: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Undefined for an individual enrollment. */
  readonly enrollmentGroupId: string | undefined;
  readonly attestation: RegistrationAttestation;
  /** The device's place since the last registration that succeeded, also while another is under way. */
  readonly assignment: (HubPlace & { readonly substatus: Substatus }) | undefined;
  /** Why the last registration failed; undefined when it did not. */
  readonly failure: { readonly code: ProvisioningErrorCode; readonly message: string } | undefined;
  /** A webhook's words for the device. */
  readonly payload: JsonValue | undefined;
  /** The newest last; older ones than the newest few cannot be asked about any more. */
  readonly operations: readonly RegistrationOperation[];
  readonly claim: RegistrationClaim | undefined;
  /** Identities that the device left behind in other hubs and that are still to be deleted there. */
  readonly removals: readonly HubPlace[];
}

export type RegistrationStatus = "assigning" | "assigned" | "failed";

/** A claim that outlived its time belongs to nobody: its server is gone. */
export function isClaimed(registration: Registration, nowMs: number): boolean {
  return registration.claim !== undefined && nowMs < registration.claim.expiresAtMs;
}

export function statusOf(registration: Registration, nowMs: number): RegistrationStatus {
  if (registration.claim !== undefined)
    return isClaimed(registration, nowMs) ? "assigning" : "failed";
  return registration.failure === undefined && registration.assignment !== undefined
    ? "assigned"
    : "failed";
}

/** What went wrong, in a registration that counts as failed. */
export function failureOf(registration: Registration): NonNullable<Registration["failure"]> {
  return (
    (registration.claim === undefined ? registration.failure : undefined) ?? {
      code: "OperationFailed",
      message: "The registration did not finish",
    }
  );
}
