import { X509Certificate, createPrivateKey, randomBytes, webcrypto } from "node:crypto";

/** A certificate, its private key, and everything between it and its root, PEM. */
export interface TestCertificate {
  readonly commonName: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** The certificate and those that issued it, without the root; what a device presents. */
  readonly chainPem: string;
  /** Base64. */
  readonly der: string;
}

export interface TestCertificateRequest {
  readonly commonName: string;
  /** Absent for a self-signed one. */
  readonly issuer?: TestCertificate;
  /** May issue others. */
  readonly isCa?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Certificates for devices and their authorities, valid from yesterday to the end of a month by default. */
export async function makeTestCertificate(
  request: TestCertificateRequest,
): Promise<TestCertificate> {
  const { commonName, issuer, isCa = false } = request;
  // Takes a quarter of a second, which most tests need not pay.
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const signingKey = issuer === undefined ? keys.privateKey : await importKey(issuer.keyPem);
  const certificate = await x509.X509CertificateGenerator.create({
    // Positive, and of as many bytes as it looks.
    serialNumber: `01${randomBytes(8).toString("hex")}`,
    subject: `CN=${commonName}`,
    issuer: `CN=${issuer?.commonName ?? commonName}`,
    notBefore: request.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: request.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(isCa, undefined, true),
      new x509.KeyUsagesExtension(
        isCa ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature,
        true,
      ),
    ],
  });
  const certPem = `${certificate.toString("pem")}\n`;
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    commonName,
    certPem,
    keyPem: createPrivateKey({ key: Buffer.from(pkcs8), type: "pkcs8", format: "der" })
      .export({ type: "pkcs8", format: "pem" })
      .toString(),
    chainPem: certPem + (issuer === undefined ? "" : withoutRoot(issuer)),
    der: Buffer.from(certificate.rawData).toString("base64"),
  };
}

function withoutRoot({ certPem, chainPem }: TestCertificate): string {
  const { subject, issuer } = new X509Certificate(certPem);
  return subject === issuer ? "" : chainPem;
}

function importKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(keyPem).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
}
