import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "@larimar/domain";

/** A client may send more; only the first ones are kept, and verification of a chain ends there. */
const CHAIN_LENGTH_MAX = 10;

/** What the client showed in the handshake, unjudged; undefined when it showed nothing. */
export function clientCertificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const leaf = socket.getPeerX509Certificate();
  return leaf === undefined ? undefined : toClientCertificate(leaf);
}

function toClientCertificate(leaf: X509Certificate): ClientCertificate {
  return {
    sha1Thumbprint: leaf.fingerprint.replaceAll(":", ""),
    sha256Thumbprint: leaf.fingerprint256.replaceAll(":", ""),
    subjectCommonName: commonNameOf(leaf.subject),
    notBeforeMs: Date.parse(leaf.validFrom),
    notAfterMs: Date.parse(leaf.validTo),
    chainDer: chainOf(leaf).map(({ raw }) => raw),
  };
}

function chainOf(leaf: X509Certificate): X509Certificate[] {
  const chain = [leaf];
  let issuer = leaf.issuerCertificate;
  while (issuer !== undefined && chain.length < CHAIN_LENGTH_MAX) {
    if (issuer.fingerprint256 === chain.at(-1)?.fingerprint256) break;
    chain.push(issuer);
    issuer = issuer.issuerCertificate;
  }
  return chain;
}

/** The last CN, should there be several; one attribute per line. */
function commonNameOf(subject: string | undefined): string | undefined {
  const names = (subject ?? "").split("\n").filter((line) => line.startsWith("CN="));
  return names.at(-1)?.slice("CN=".length);
}
