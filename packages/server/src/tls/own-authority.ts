import type { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { Clock } from "@larimar/domain";
import type { Log } from "@larimar/heads";
import { readIfThere, writeFileAtomically } from "../files/atomic-file.ts";
import {
  hasNames,
  isIssuedBy,
  notAfterMs,
  notBeforeMs,
  parseCertificate,
  parseKeyed,
} from "./check-certificate.ts";
import type { KeyedCertificate } from "./make-certificates.ts";
import {
  SERVER_LIFETIME_MS,
  expectCertificates,
  makeAuthority,
  makeServerCertificate,
} from "./make-certificates.ts";
import type { CertificateSource } from "./server-certificate.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A server certificate is replaced this long before its end. */
const SERVER_RENEWAL_MS = 60 * DAY_MS;
/** An authority is renewed while it can still outlive the certificates it issues. */
const AUTHORITY_RENEWAL_MS = SERVER_LIFETIME_MS + SERVER_RENEWAL_MS;

/** What a server without an authority yet can do ahead of time, in the time it waits for its databases. */
export function prepareAuthority(directory: string | undefined): void {
  if (directory === undefined || !existsSync(caFileIn(directory))) expectCertificates();
}

function caFileIn(directory: string): string {
  return path.join(directory, "ca.pem");
}

export interface OwnAuthorityParts {
  readonly directory: string;
  readonly names: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The server's own certificate authority in its data directory. It issues a server certificate at first
 * start, and a new one when the present one nears its end, speaks for other names, or is damaged.
 */
export class OwnAuthority implements CertificateSource {
  readonly caFile: string;
  readonly #parts: OwnAuthorityParts;
  readonly #caKeyFile: string;
  readonly #certFile: string;
  readonly #keyFile: string;

  constructor(parts: OwnAuthorityParts) {
    this.#parts = parts;
    const inTls = (name: string) => path.join(parts.directory, "tls", name);
    this.caFile = caFileIn(parts.directory);
    this.#caKeyFile = inTls("ca-key.pem");
    this.#certFile = inTls("server.pem");
    this.#keyFile = inTls("server-key.pem");
  }

  async provide(): Promise<KeyedCertificate> {
    const { names, clock, log } = this.#parts;
    const kept = await readKeyed(this.#certFile, this.#keyFile);
    const ca = parseCertificate((await readIfThere(this.caFile)) ?? "");
    if (kept !== undefined && ca !== undefined && this.#fits(kept, ca)) return kept;
    const authority = await this.#authority();
    const issued = await makeServerCertificate({ nowMs: clock.now(), authority, names: names() });
    await writeKeyed(issued, { certFile: this.#certFile, keyFile: this.#keyFile });
    log.info({ names: names() }, "server certificate issued");
    return issued;
  }

  #fits(kept: KeyedCertificate, ca: X509Certificate): boolean {
    const certificate = parseKeyed(kept);
    return (
      certificate !== undefined &&
      isIssuedBy(certificate, ca) &&
      hasNames(certificate, this.#parts.names()) &&
      this.#isCurrent(certificate, SERVER_RENEWAL_MS) &&
      this.#isCurrent(ca, AUTHORITY_RENEWAL_MS)
    );
  }

  async #authority(): Promise<KeyedCertificate> {
    const { clock, log } = this.#parts;
    const kept = await readKeyed(this.caFile, this.#caKeyFile);
    const certificate = kept && parseKeyed(kept);
    if (kept !== undefined && certificate !== undefined) {
      if (this.#isCurrent(certificate, AUTHORITY_RENEWAL_MS)) return kept;
      const renewed = await makeAuthority(clock.now(), kept);
      await writeFileAtomically(this.caFile, renewed.certPem, { mode: 0o644 });
      log.warn(
        { caFile: this.caFile },
        "certificate authority renewed: clients need its new file before the old one ends",
      );
      return renewed;
    }
    const isReplacement = (await readIfThere(this.caFile)) !== undefined;
    const made = await makeAuthority(clock.now());
    await writeKeyed(made, { certFile: this.caFile, keyFile: this.#caKeyFile });
    if (isReplacement) {
      log.warn(
        { caFile: this.caFile },
        "certificate authority was damaged and is replaced: clients must trust the new one",
      );
    }
    return made;
  }

  #isCurrent(certificate: X509Certificate, renewalMs: number): boolean {
    const nowMs = this.#parts.clock.now();
    return notBeforeMs(certificate) <= nowMs && nowMs < notAfterMs(certificate) - renewalMs;
  }
}

async function readKeyed(certFile: string, keyFile: string): Promise<KeyedCertificate | undefined> {
  const [certPem, keyPem] = await Promise.all([readIfThere(certFile), readIfThere(keyFile)]);
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}

/** The key comes first; a crash in between leaves a pair that does not fit, which the next start replaces. */
async function writeKeyed(
  { certPem, keyPem }: KeyedCertificate,
  { certFile, keyFile }: { certFile: string; keyFile: string },
): Promise<void> {
  await writeFileAtomically(keyFile, keyPem, { mode: 0o600 });
  await writeFileAtomically(certFile, certPem, { mode: 0o644 });
}
