import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { TestCertificate } from "@larimar/testkit";

const DAY_MS = 24 * 60 * 60 * 1000;

// The few kinds of DER that a plain certificate is made of. [X.690, RFC 5280 4.1]
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const COMMON_NAME = Buffer.from("0603550403", "hex");
const ECDSA_WITH_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");

export type DeviceCertificates = (commonName: string) => { cert: string; key: string };

/**
 * Certificates for thousands of devices in a second or two. All of them have the same key: making keys is what
 * takes time, and no server can tell the difference.
 */
export function deviceCertificatesBelow(issuer: TestCertificate): DeviceCertificates {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuerKey = createPrivateKey(issuer.keyPem);
  const keyInfo = publicKey.export({ type: "spki", format: "der" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const now = Date.now();
  const validity = der(SEQUENCE, utcTime(now - DAY_MS), utcTime(now + DAY_MS));
  return (commonName) => {
    const content = der(
      SEQUENCE,
      der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      nameOf(issuer.commonName),
      validity,
      nameOf(commonName),
      keyInfo,
    );
    const signature = sign("sha256", content, issuerKey);
    const noUnusedBits = Buffer.of(0);
    const certificate = der(
      SEQUENCE,
      content,
      ECDSA_WITH_SHA256,
      der(BIT_STRING, noUnusedBits, signature),
    );
    return { cert: toPem(certificate), key };
  };
}

function nameOf(commonName: string): Buffer {
  const text = der(UTF8_STRING, Buffer.from(commonName));
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, text)));
}

/** `YYMMDDhhmmssZ`. */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

function toPem(bytes: Buffer): string {
  const lines = bytes
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
