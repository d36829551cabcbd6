import type { KeyObject } from "node:crypto";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { SocketAddress, isIP } from "node:net";
import type { KeyedCertificate } from "./make-certificates.ts";

/** A certificate whose key fits, parsed; undefined when either is damaged or they are not a pair. */
export function parseKeyed({ certPem, keyPem }: KeyedCertificate): X509Certificate | undefined {
  const certificate = parseCertificate(certPem);
  const key = parseKey(keyPem);
  if (certificate === undefined || key === undefined) return undefined;
  return certificate.checkPrivateKey(key) ? certificate : undefined;
}

export function parseCertificate(certPem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(certPem);
  } catch {
    return undefined;
  }
}

function parseKey(keyPem: string): KeyObject | undefined {
  try {
    return createPrivateKey(keyPem);
  } catch {
    return undefined;
  }
}

export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

export function notBeforeMs(certificate: X509Certificate): number {
  return Date.parse(certificate.validFrom);
}

export function notAfterMs(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

/** True when the certificate speaks for exactly these names. */
export function hasNames(certificate: X509Certificate, names: readonly string[]): boolean {
  const held = (certificate.subjectAltName ?? "")
    .split(", ")
    .map((entry) => canonicalName(entry.replace(/^(?:DNS|IP Address):/, "")));
  const wanted = new Set(names.map(canonicalName));
  return held.length === wanted.size && held.every((name) => wanted.has(name));
}

/** `::1` and `0:0:0:0:0:0:0:1` are one address; names have no case. */
export function canonicalName(name: string): string {
  return isIP(name) === 6
    ? new SocketAddress({ address: name, family: "ipv6" }).address
    : name.toLowerCase();
}
