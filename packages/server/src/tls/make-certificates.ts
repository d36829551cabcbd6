import type { webcrypto } from "node:crypto";
import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, PEM. */
export interface KeyedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_LIFETIME_MS = 3650 * DAY_MS;
/** Some clients refuse server certificates that live longer than 398 days. */
export const SERVER_LIFETIME_MS = 396 * DAY_MS;
/** Devices with a slow clock still accept a new certificate. */
const BACKDATED_MS = DAY_MS;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * A new authority; or the given one with a later end but the same name and key, so that clients which
 * trust its older certificate go on doing so.
 */
export async function makeAuthority(
  nowMs: number,
  renewed?: KeyedCertificate,
): Promise<KeyedCertificate> {
  const x509 = await loadLibrary();
  const keys = renewed === undefined ? await createKeys() : await importKeys(renewed.keyPem);
  const name =
    renewed === undefined
      ? // Trust stores tell authorities apart by name, and a developer may trust several of ours.
        `O=Larimar, CN=Larimar CA ${randomBytes(4).toString("hex")}`
      : new x509.X509Certificate(renewed.certPem).subject;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerialNumber(),
    name,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + AUTHORITY_LIFETIME_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: `${certificate.toString("pem")}\n`, keyPem: await exportKey(keys.privateKey) };
}

export async function makeServerCertificate(request: {
  nowMs: number;
  authority: KeyedCertificate;
  names: readonly string[];
}): Promise<KeyedCertificate> {
  const x509 = await loadLibrary();
  const { nowMs, authority, names } = request;
  const issuer = new x509.X509Certificate(authority.certPem);
  const issuerKeys = await importKeys(authority.keyPem);
  const keys = await createKeys();
  const notAfterMs = Math.min(nowMs + SERVER_LIFETIME_MS, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerialNumber(),
    // Clients look at the alternative names; this one is for people who read certificates.
    subject: "O=Larimar, CN=Larimar server",
    issuer: issuer.subject,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(notAfterMs),
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: `${certificate.toString("pem")}\n`, keyPem: await exportKey(keys.privateKey) };
}

/** Loading takes a quarter of a second: only a start that has something to make pays for it. */
function loadLibrary() {
  return import("@peculiar/x509");
}

/** For who knows that there will be something to make, and has to wait for something else first. */
export function expectCertificates(): void {
  // Should it fail now, it fails again when it is needed, and is told there.
  loadLibrary().catch(() => undefined);
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function importKeys(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateDer = createPrivateKey(keyPem).export({ type: "pkcs8", format: "der" });
  const publicDer = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("pkcs8", privateDer, ALGORITHM, true, ["sign"]),
    crypto.subtle.importKey("spki", publicDer, ALGORITHM, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, type: "pkcs8", format: "der" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}

/** 16 bytes, positive. */
function randomSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
