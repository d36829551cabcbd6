import type { CaCertificate } from "@larimar/domain";
import { z } from "zod";
import type { ResourcePlace, ResourceType } from "./arm-resource.ts";
import { ARM_NAMESPACE, formatResourceId } from "./arm-resource.ts";

/** PEM, base64 of DER or base64 of PEM: clients send all three. */
export const CertificateBody = z.object({
  properties: z.object({ certificate: z.string(), isVerified: z.boolean().nullish() }),
});

export const CertificateProofBody = z.object({ certificate: z.string() });

export function formatCertificate(
  {
    name,
    etag,
    certificate,
    isVerified,
    verificationCode,
    createdAtMs,
    updatedAtMs,
  }: CaCertificate,
  owner: { place: ResourcePlace; type: ResourceType; name: string },
  { withCode = false }: { withCode?: boolean } = {},
) {
  return {
    id: `${formatResourceId(owner.place, owner.type, owner.name)}/certificates/${name}`,
    name,
    type: `${ARM_NAMESPACE}/${owner.type}/Certificates`,
    etag,
    properties: {
      subject: certificate.subjectCommonName ?? certificate.subjectName,
      // The only dates in this form. (protocol reference: service-facing 7.1)
      expiry: new Date(certificate.notAfterMs).toUTCString(),
      thumbprint: certificate.sha1Thumbprint,
      isVerified,
      created: new Date(createdAtMs).toUTCString(),
      updated: new Date(updatedAtMs).toUTCString(),
      certificate: certificate.der,
      ...(withCode && verificationCode !== undefined ? { verificationCode } : {}),
    },
  };
}
