import type {
  AttestationInput,
  CertificateInput,
  IndividualAttestation,
  PrimaryAndSecondary,
  X509Certificate,
} from "@larimar/domain";
import { z } from "zod";
import { toCertificateInfoBody } from "../certificate-info.ts";

const CertificateBody = z.object({
  certificate: z.string().nullish(),
  info: z.object({ sha256Thumbprint: z.string().nullish() }).nullish(),
});

const CertificatesBody = z.object({
  primary: CertificateBody.nullish(),
  secondary: CertificateBody.nullish(),
});

/** How a device proves itself, as clients write it. (protocol reference: provisioning 7.4) */
export const AttestationBody = z.object({
  type: z.enum(["none", "symmetricKey", "tpm", "x509"]),
  symmetricKey: z
    .object({ primaryKey: z.string().nullish(), secondaryKey: z.string().nullish() })
    .nullish(),
  tpm: z
    .object({ endorsementKey: z.string().nullish(), storageRootKey: z.string().nullish() })
    .nullish(),
  x509: z
    .object({
      clientCertificates: CertificatesBody.nullish(),
      signingCertificates: CertificatesBody.nullish(),
      caReferences: z
        .object({ primary: z.string().nullish(), secondary: z.string().nullish() })
        .nullish(),
    })
    .nullish(),
});

export function toAttestationInput(body: z.output<typeof AttestationBody>): AttestationInput {
  const { type, symmetricKey, tpm, x509 } = body;
  switch (type) {
    case "none":
      return { type };
    case "symmetricKey":
      return {
        type,
        primaryKey: symmetricKey?.primaryKey ?? undefined,
        secondaryKey: symmetricKey?.secondaryKey ?? undefined,
      };
    case "tpm":
      return {
        type,
        endorsementKey: tpm?.endorsementKey ?? undefined,
        storageRootKey: tpm?.storageRootKey ?? undefined,
      };
    case "x509":
      return {
        type,
        clientCertificates: toCertificateInputs(x509?.clientCertificates),
        signingCertificates: toCertificateInputs(x509?.signingCertificates),
        caReferences: {
          primary: x509?.caReferences?.primary ?? undefined,
          secondary: x509?.caReferences?.secondary ?? undefined,
        },
      };
  }
}

type CertificatesInput = {
  primary?: CertificateInput | undefined;
  secondary?: CertificateInput | undefined;
};

function toCertificateInputs(
  body: z.output<typeof CertificatesBody> | null | undefined,
): CertificatesInput {
  return {
    primary: toCertificateInput(body?.primary),
    secondary: toCertificateInput(body?.secondary),
  };
}

/** An empty object is how some clients say that there is none. */
function toCertificateInput(
  body: z.output<typeof CertificateBody> | null | undefined,
): CertificateInput | undefined {
  const certificate = body?.certificate || undefined;
  const sha256Thumbprint = body?.info?.sha256Thumbprint || undefined;
  if (certificate === undefined && sha256Thumbprint === undefined) return undefined;
  return { certificate, sha256Thumbprint };
}

/** As clients read it. Keys are told only to those who ask for them by their own operation. */
export function toAttestationBody(
  attestation: IndividualAttestation,
  options: { withKeys: boolean },
): Record<string, unknown> {
  switch (attestation.type) {
    case "symmetricKey": {
      const { type, primaryKey, secondaryKey } = attestation;
      return { type, symmetricKey: options.withKeys ? { primaryKey, secondaryKey } : {} };
    }
    case "tpm": {
      const { type, endorsementKey, storageRootKey } = attestation;
      return { type, tpm: { endorsementKey, storageRootKey } };
    }
    case "x509": {
      const { type, kind } = attestation;
      if (kind === "caReferences") {
        const { primary, secondary } = attestation;
        return { type, x509: { caReferences: { primary, secondary } } };
      }
      return { type, x509: { [kind]: toCertificatesBody(attestation) } };
    }
  }
}

/** The certificate itself is not told again, only what is in it. */
function toCertificatesBody(
  pair: PrimaryAndSecondary<X509Certificate>,
): Record<string, { readonly info: unknown } | undefined> {
  const { primary, secondary } = pair;
  return {
    primary: primary && { info: toCertificateInfoBody(primary) },
    secondary: secondary && { info: toCertificateInfoBody(secondary) },
  };
}
