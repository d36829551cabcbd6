import { X509Certificate as NodeCertificate } from "node:crypto";
import type { Certificates, X509Certificate } from "@larimar/domain";

/** Certificates taken apart lately; the oldest is forgotten. */
const REMEMBERED_MAX = 2000;
/** Of one certificate; further ones are judged each time. */
const JUDGED_ISSUERS_MAX = 16;
/** A longer text is no certificate. */
const TEXT_LENGTH_MAX = 65_536;

interface Parsed {
  readonly node: NodeCertificate;
  readonly facts: X509Certificate;
}

/** X.509 by Node's own library. */
export class NodeCertificates implements Certificates {
  readonly #remembered = new Map<string, Parsed>();
  /** Clients show the same bytes with every request of a connection: taken apart, and judged, once. */
  readonly #shown = new WeakMap<Uint8Array, X509Certificate>();
  readonly #issuers = new WeakMap<X509Certificate, Map<string, boolean>>();

  parse(text: string): X509Certificate | undefined {
    if (text.length > TEXT_LENGTH_MAX) return undefined;
    const der = derOf(text.trim());
    return der === undefined ? undefined : this.fromDer(der);
  }

  fromDer(der: Uint8Array): X509Certificate | undefined {
    const known = this.#shown.get(der);
    if (known !== undefined) return known;
    const facts = this.#take(Buffer.from(der).toString("base64"))?.facts;
    if (facts !== undefined) this.#shown.set(der, facts);
    return facts;
  }

  isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
    if (certificate.issuerName !== issuer.subjectName) return false;
    const judged = this.#issuers.get(certificate) ?? new Map<string, boolean>();
    const known = judged.get(issuer.sha256Thumbprint);
    if (known !== undefined) return known;
    const isIssued = this.#verify(certificate, issuer);
    if (judged.size < JUDGED_ISSUERS_MAX) judged.set(issuer.sha256Thumbprint, isIssued);
    this.#issuers.set(certificate, judged);
    return isIssued;
  }

  #verify(certificate: X509Certificate, issuer: X509Certificate): boolean {
    const [child, parent] = [this.#take(certificate.der), this.#take(issuer.der)];
    if (child === undefined || parent === undefined) return false;
    try {
      return child.node.checkIssued(parent.node) && child.node.verify(parent.node.publicKey);
    } catch {
      // A kind of key that cannot verify signatures made by another kind.
      return false;
    }
  }

  #take(der: string): Parsed | undefined {
    const known = this.#remembered.get(der);
    if (known !== undefined) return known;
    const parsed = read(der);
    if (parsed === undefined) return undefined;
    this.#remembered.set(der, parsed);
    if (this.#remembered.size > REMEMBERED_MAX) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    return parsed;
  }
}

const ARMOUR = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/;

/** The first certificate of PEM, of base64 of PEM, or base64 of DER. */
function derOf(text: string): Buffer | undefined {
  const armoured = ARMOUR.exec(text)?.[1];
  if (armoured !== undefined) return Buffer.from(armoured, "base64");
  if (!/^[\sA-Za-z0-9+/=]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  const inner = ARMOUR.exec(bytes.toString("latin1"))?.[1];
  return inner === undefined ? bytes : Buffer.from(inner, "base64");
}

function read(der: string): Parsed | undefined {
  const raw = Buffer.from(der, "base64");
  let node: NodeCertificate;
  try {
    node = new NodeCertificate(raw);
  } catch {
    return undefined;
  }
  const subject = attributesOf(node.subject);
  return {
    node,
    facts: {
      der,
      subjectName: subject.join(", "),
      issuerName: attributesOf(node.issuer).join(", "),
      sha1Thumbprint: node.fingerprint.replaceAll(":", ""),
      sha256Thumbprint: node.fingerprint256.replaceAll(":", ""),
      serialNumber: node.serialNumber,
      version: versionOf(raw),
      notBeforeMs: Date.parse(node.validFrom),
      notAfterMs: Date.parse(node.validTo),
      // The last CN, should there be several.
      subjectCommonName: subject.findLast((line) => line.startsWith("CN="))?.slice("CN=".length),
      isCa: node.ca,
    },
  };
}

/** Node writes one attribute a line, and nothing at all for an empty name. */
function attributesOf(name: string | undefined): string[] {
  return (name ?? "").split("\n").filter((line) => line !== "");
}

/** Node does not tell it. `SEQUENCE { SEQUENCE { [0] { INTEGER version } …`; absent means 1. [RFC 5280 4.1] */
function versionOf(der: Buffer): number {
  const first = contentAt(der, contentAt(der, 0));
  return der[first] === 0xa0 ? (der[first + 4] ?? 0) + 1 : 1;
}

/** Where the content of the element at a place begins: behind its tag and its length. */
function contentAt(der: Buffer, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
}
