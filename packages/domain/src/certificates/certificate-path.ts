import type { Certificates, X509Certificate } from "./certificate.ts";
import { isValidAt } from "./certificate.ts";

/** Longer chains than this are not looked at further; nobody signs devices through so many levels. */
const PATH_LENGTH_MAX = 10;

/** A certificate that an enrollment trusts, and what it stands for. */
export interface Anchor<T> {
  readonly certificate: X509Certificate;
  readonly value: T;
}

export interface PathMatch<T> {
  readonly anchor: Anchor<T>;
  /** Everything between the leaf and the anchor, and both, is valid now. */
  readonly isValid: boolean;
}

/**
 * Walks from the leaf towards the root through what the device presented and stops at the anchor nearest to
 * the leaf, whether the device sent that one along or not. Only certificates that may issue others count as
 * links: a device's own certificate must not vouch for another device.
 */
export function findAnchor<T>(
  presented: readonly X509Certificate[],
  anchors: readonly Anchor<T>[],
  certificates: Certificates,
  nowMs: number,
): PathMatch<T> | undefined {
  const [leaf, ...others] = presented;
  if (leaf === undefined) return undefined;
  let current = leaf;
  let isValid = isValidAt(leaf, nowMs);
  for (let length = 1; length <= PATH_LENGTH_MAX; length++) {
    const child = current;
    const near = anchors.filter(({ certificate }) => certificates.isIssuedBy(child, certificate));
    // A CA that was renewed with the same key is there twice: the one that is still valid counts.
    const anchor = near.find(({ certificate }) => isValidAt(certificate, nowMs)) ?? near[0];
    if (anchor !== undefined) {
      return { anchor, isValid: isValid && isValidAt(anchor.certificate, nowMs) };
    }
    const issuer = others.find(
      (other) => other !== child && other.isCa && certificates.isIssuedBy(child, other),
    );
    if (issuer === undefined || issuer.sha256Thumbprint === child.sha256Thumbprint)
      return undefined;
    isValid &&= isValidAt(issuer, nowMs);
    current = issuer;
  }
  return undefined;
}
