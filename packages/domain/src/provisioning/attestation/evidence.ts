import type { ClientCertificate, SasToken } from "../../access/credentials.ts";
import type { Protocol } from "../../sessions/session.ts";
import type { Enrollment } from "../enrollments/enrollment.ts";
import type { SymmetricKeys } from "./attestation.ts";
import type { X509Certificate } from "../../certificates/certificate.ts";

/** What a device brought to prove who it is; which of it counts is for the enrollment to say. */
export interface AttestationEvidence {
  readonly sasToken?: SasToken | undefined;
  readonly certificate?: ClientCertificate | undefined;
  /** The public keys of a TPM, from the body of a request or from SASL. */
  readonly tpm?: { readonly endorsementKey: string; readonly storageRootKey: string } | undefined;
}

export interface ProvisioningDeviceRequest {
  readonly registrationId: string;
  readonly evidence: AttestationEvidence;
  readonly protocol: Protocol;
}

/** What was proved, and so what the hub can go by. */
export type AttestationProof =
  | ({ readonly type: "symmetricKey" } & SymmetricKeys)
  | {
      readonly type: "x509";
      readonly leaf: X509Certificate;
      /** What vouched for the leaf; undefined when the leaf itself is enrolled. */
      readonly signer: X509Certificate | undefined;
    }
  | { readonly type: "tpm"; readonly endorsementKey: string; readonly storageRootKey: string };

/** A device that proved itself to an enabled enrollment. */
export interface AttestedDevice {
  /** As the device wrote it. */
  readonly registrationId: string;
  readonly enrollment: Enrollment;
  readonly proof: AttestationProof;
}

/** The device has a TPM and must show that it can use the key in this blob. */
export interface TpmChallenge {
  readonly kind: "tpmChallenge";
  /** The activation blob, base64. */
  readonly authenticationKey: string;
  /** What the device puts into its token as the policy's name. */
  readonly keyName: string;
}

export const REGISTRATION_KEY_NAME = "registration";
