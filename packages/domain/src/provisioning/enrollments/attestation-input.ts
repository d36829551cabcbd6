import type { Secrets } from "../../access/secrets.ts";
import type {
  GroupAttestation,
  IndividualAttestation,
  PrimaryAndSecondary,
  SymmetricKeyAttestation,
  TpmAttestation,
} from "../attestation/attestation.ts";
import type { X509Certificate } from "../../certificates/certificate.ts";
import type { ProvisioningCrypto } from "../attestation/provisioning-crypto.ts";
import { argumentInvalid } from "../provisioning-error.ts";

/** A certificate as a client writes it: the text, or the info it was once told, meaning "as it is". */
export interface CertificateInput {
  readonly certificate?: string | undefined;
  readonly sha256Thumbprint?: string | undefined;
}

type Pair<T> = { readonly primary?: T | undefined; readonly secondary?: T | undefined };

/** An attestation as a client writes it; what is secret and missing is kept or generated. */
export type AttestationInput =
  | { readonly type: "none" }
  | {
      readonly type: "symmetricKey";
      readonly primaryKey?: string | undefined;
      readonly secondaryKey?: string | undefined;
    }
  | {
      readonly type: "tpm";
      readonly endorsementKey?: string | undefined;
      readonly storageRootKey?: string | undefined;
    }
  | {
      readonly type: "x509";
      readonly clientCertificates?: Pair<CertificateInput> | undefined;
      readonly signingCertificates?: Pair<CertificateInput> | undefined;
      readonly caReferences?: Pair<string> | undefined;
    };

export interface AttestationInputParts {
  readonly secrets: Secrets;
  readonly crypto: ProvisioningCrypto;
}

/** Throws `ArgumentInvalid`. (protocol reference: provisioning 7.4) */
export function resolveAttestation(
  input: AttestationInput | undefined,
  current: IndividualAttestation | undefined,
  parts: AttestationInputParts,
): IndividualAttestation {
  if (input === undefined) {
    if (current !== undefined) return current;
    throw argumentInvalid("An enrollment needs an attestation");
  }
  switch (input.type) {
    case "none":
      throw argumentInvalid("An attestation of type 'none' proves nothing");
    case "symmetricKey":
      return resolveKeys(input, current, parts.secrets);
    case "tpm":
      return resolveTpm(input, parts.crypto);
    case "x509":
      return resolveX509(input, current, parts.crypto);
  }
}

/** What only a single device can have is refused for a group. Throws `ArgumentInvalid`. */
export function resolveGroupAttestation(
  input: AttestationInput | undefined,
  current: GroupAttestation | undefined,
  parts: AttestationInputParts,
): GroupAttestation {
  const attestation = resolveAttestation(input, current, parts);
  if (attestation.type === "tpm") throw argumentInvalid("A group cannot attest with a TPM");
  if (attestation.type === "x509" && attestation.kind === "clientCertificates") {
    throw argumentInvalid("A group attests with signing certificates or CA references");
  }
  return attestation;
}

function resolveKeys(
  input: Extract<AttestationInput, { type: "symmetricKey" }>,
  current: IndividualAttestation | undefined,
  secrets: Secrets,
): SymmetricKeyAttestation {
  // Clients send back what they read, and keys are not told: keys that are missing are the ones there are.
  const kept = current?.type === "symmetricKey" ? current : undefined;
  const primaryKey = input.primaryKey || kept?.primaryKey || secrets.createKey();
  const secondaryKey = input.secondaryKey || kept?.secondaryKey || secrets.createKey();
  for (const key of [primaryKey, secondaryKey]) {
    if (!secrets.isKey(key)) {
      throw argumentInvalid("A symmetric key is base64 text of 16 to 64 bytes");
    }
  }
  return { type: "symmetricKey", primaryKey, secondaryKey };
}

function resolveTpm(
  input: Extract<AttestationInput, { type: "tpm" }>,
  crypto: ProvisioningCrypto,
): TpmAttestation {
  const { endorsementKey, storageRootKey = "" } = input;
  if (!endorsementKey || !crypto.isBase64(endorsementKey)) {
    throw argumentInvalid("A TPM's endorsement key is base64 text");
  }
  if (storageRootKey !== "" && !crypto.isBase64(storageRootKey)) {
    throw argumentInvalid("A TPM's storage root key is base64 text");
  }
  return { type: "tpm", endorsementKey, storageRootKey: storageRootKey || undefined };
}

function resolveX509(
  input: Extract<AttestationInput, { type: "x509" }>,
  current: IndividualAttestation | undefined,
  crypto: ProvisioningCrypto,
): IndividualAttestation {
  const { clientCertificates, signingCertificates, caReferences } = input;
  const given = [clientCertificates, signingCertificates, caReferences].filter(hasOne);
  if (given.length !== 1) {
    throw argumentInvalid(
      "An X.509 attestation has either client certificates, signing certificates or CA references",
    );
  }
  if (hasOne(caReferences)) {
    const { primary, secondary } = caReferences ?? {};
    return {
      type: "x509",
      kind: "caReferences",
      primary: primary || undefined,
      secondary: secondary || undefined,
    };
  }
  const kind = hasOne(clientCertificates) ? "clientCertificates" : "signingCertificates";
  const kept = current?.type === "x509" && current.kind === kind ? current : undefined;
  const pair = (kind === "clientCertificates" ? clientCertificates : signingCertificates) ?? {};
  return {
    type: "x509",
    kind,
    primary: resolveCertificate(pair.primary, kept, crypto),
    secondary: resolveCertificate(pair.secondary, kept, crypto),
  };
}

function hasOne(pair: Pair<unknown> | undefined): boolean {
  return Boolean(pair?.primary) || Boolean(pair?.secondary);
}

function resolveCertificate(
  input: CertificateInput | undefined,
  kept: PrimaryAndSecondary<X509Certificate> | undefined,
  crypto: ProvisioningCrypto,
): X509Certificate | undefined {
  if (input === undefined) return undefined;
  if (input.certificate) {
    const certificate = crypto.certificates.parse(input.certificate);
    if (certificate !== undefined) return certificate;
    throw argumentInvalid("A certificate is PEM or base64 of DER");
  }
  const thumbprint = input.sha256Thumbprint?.toUpperCase();
  const found = [kept?.primary, kept?.secondary].find(
    (certificate) => certificate !== undefined && certificate.sha256Thumbprint === thumbprint,
  );
  if (found !== undefined) return found;
  throw argumentInvalid("A certificate is missing its text, and none like it is enrolled");
}
