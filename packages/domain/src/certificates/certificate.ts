/** What the service keeps and tells about an X.509 certificate. */
export interface CertificateInfo {
  readonly subjectName: string;
  readonly issuerName: string;
  /** Hexadecimal digits, upper case. */
  readonly sha1Thumbprint: string;
  readonly sha256Thumbprint: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface X509Certificate extends CertificateInfo {
  /** Base64. */
  readonly der: string;
  readonly subjectCommonName: string | undefined;
  /** The basic constraints say that it may issue others. */
  readonly isCa: boolean;
}

/** What the rules need to know about certificates; the composition root brings the cryptography. */
export interface Certificates {
  /** PEM, base64 of DER, or base64 of PEM: service clients send all three. Undefined for anything else. */
  parse(text: string): X509Certificate | undefined;
  fromDer(der: Uint8Array): X509Certificate | undefined;
  /** The names match and the issuer's key made the signature. */
  isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean;
}

export function isValidAt(certificate: CertificateInfo, nowMs: number): boolean {
  return nowMs >= certificate.notBeforeMs && nowMs < certificate.notAfterMs;
}

export function certificateInfo(certificate: X509Certificate): CertificateInfo {
  const { subjectName, issuerName, sha1Thumbprint, sha256Thumbprint } = certificate;
  const { serialNumber, version, notBeforeMs, notAfterMs } = certificate;
  return {
    subjectName,
    issuerName,
    sha1Thumbprint,
    sha256Thumbprint,
    serialNumber,
    version,
    notBeforeMs,
    notAfterMs,
  };
}
