import type { CertificateInfo } from "@larimar/domain";
import { z } from "zod";
import { provisioningTimestamp } from "./provisioning-timestamp.ts";

/** All members are there when the object is: one client refuses it otherwise. */
export const CertificateInfoBody = z.object({
  subjectName: z.string(),
  sha1Thumbprint: z.string(),
  sha256Thumbprint: z.string(),
  issuerName: z.string(),
  notBeforeUtc: z.string(),
  notAfterUtc: z.string(),
  serialNumber: z.string(),
  version: z.int(),
});

export function toCertificateInfoBody(info: CertificateInfo): z.output<typeof CertificateInfoBody> {
  return {
    subjectName: info.subjectName,
    sha1Thumbprint: info.sha1Thumbprint,
    sha256Thumbprint: info.sha256Thumbprint,
    issuerName: info.issuerName,
    notBeforeUtc: provisioningTimestamp(info.notBeforeMs),
    notAfterUtc: provisioningTimestamp(info.notAfterMs),
    serialNumber: info.serialNumber,
    version: info.version,
  };
}
