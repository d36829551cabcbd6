import type { CaCertificate } from "../certificates/ca-certificate.ts";
import type { Certificates } from "../certificates/certificate.ts";
import { findAnchor } from "../certificates/certificate-path.ts";
import type { Authentication, IdentityKey } from "../devices/device.ts";
import { describeIdentity } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { ClientCertificate } from "./credentials.ts";

interface Presented {
  readonly key: IdentityKey;
  readonly certificate: ClientCertificate;
  readonly nowMs: number;
}

interface ThumbprintCheck extends Presented {
  readonly authentication: Extract<Authentication, { type: "selfSigned" }>;
}

/** The certificate is one of the two whose thumbprints the identity has. Throws `Unauthorized`. */
export function verifyThumbprint({
  key,
  authentication,
  certificate,
  nowMs,
}: ThumbprintCheck): void {
  const name = describeIdentity(key);
  if (nowMs < certificate.notBeforeMs || nowMs >= certificate.notAfterMs) {
    throw unauthorized(`The certificate of '${name}' is not valid at this time`);
  }
  const { primaryThumbprint, secondaryThumbprint } = authentication;
  const presented = [certificate.sha1Thumbprint, certificate.sha256Thumbprint].map(normalize);
  const isKnown = [primaryThumbprint, secondaryThumbprint].some(
    (known) => known !== undefined && presented.includes(normalize(known)),
  );
  if (!isKnown) throw unauthorized(`The certificate of '${name}' is not one of its own`);
}

interface AuthorityCheck extends Presented {
  readonly authorities: readonly CaCertificate[];
  readonly certificates: Certificates;
}

/**
 * The certificate carries the identity's name, and its chain reaches an authority of the hub whose owner has
 * proved to have its key. Throws `Unauthorized`. (protocol reference: device-facing 2.4)
 */
export function verifyAuthority(check: AuthorityCheck): void {
  const { key, certificate, authorities, certificates, nowMs } = check;
  // For a module this is `device/module`, as the service has it.
  const name = describeIdentity(key);
  const [leaf, ...others] = certificate.chainDer.map((der) => certificates.fromDer(der));
  if (leaf === undefined) throw unauthorized(`The certificate of '${name}' cannot be read`);
  if (leaf.subjectCommonName !== name) {
    throw unauthorized(`The certificate of '${name}' has another common name`);
  }
  const chain = [leaf, ...others.filter((other) => other !== undefined)];
  const anchors = authorities
    .filter((authority) => authority.isVerified)
    .map((authority) => ({ certificate: authority.certificate, value: authority.name }));
  const match = findAnchor(chain, anchors, certificates, nowMs);
  if (match === undefined) {
    throw unauthorized(`The certificate of '${name}' leads to no verified authority of this hub`);
  }
  if (!match.isValid) {
    throw unauthorized(`The certificate chain of '${name}' is not valid at this time`);
  }
}

function normalize(thumbprint: string): string {
  return thumbprint.replaceAll(":", "").toLowerCase();
}

function unauthorized(message: string): HubError {
  return new HubError("Unauthorized", message);
}
