import type { X509Certificate } from "../../certificates/certificate.ts";

export interface SymmetricKeys {
  readonly primaryKey: string;
  readonly secondaryKey: string;
}

/** Two of something, so that one can be rolled over while devices use the other; at least one is there. */
export interface PrimaryAndSecondary<T> {
  readonly primary: T | undefined;
  readonly secondary: T | undefined;
}

/** The two public keys of a device's TPM, base64 of TPM2B_PUBLIC. */
export interface TpmKeys {
  readonly endorsementKey: string;
  readonly storageRootKey: string | undefined;
}

export type SymmetricKeyAttestation = { readonly type: "symmetricKey" } & SymmetricKeys;

export type TpmAttestation = { readonly type: "tpm" } & TpmKeys;

/** The device's own certificates. */
export type ClientCertificateAttestation = {
  readonly type: "x509";
  readonly kind: "clientCertificates";
} & PrimaryAndSecondary<X509Certificate>;

/** Certificates one of which signed the device's, directly or through intermediates. */
export type SigningCertificateAttestation = {
  readonly type: "x509";
  readonly kind: "signingCertificates";
} & PrimaryAndSecondary<X509Certificate>;

/** Names of the service's own verified CA certificates. */
export type CaReferenceAttestation = {
  readonly type: "x509";
  readonly kind: "caReferences";
} & PrimaryAndSecondary<string>;

export type IndividualAttestation =
  | SymmetricKeyAttestation
  | TpmAttestation
  | ClientCertificateAttestation
  | SigningCertificateAttestation
  | CaReferenceAttestation;

export type GroupAttestation =
  | SymmetricKeyAttestation
  | SigningCertificateAttestation
  | CaReferenceAttestation;

export type AttestationType = IndividualAttestation["type"];

export function bothOf<T>(pair: PrimaryAndSecondary<T>): T[] {
  return [pair.primary, pair.secondary].filter((item) => item !== undefined);
}
