import type { Secrets } from "../access/secrets.ts";
import type { EtagCondition } from "../devices/device-registry.ts";
import type { Clock } from "../time/clock.ts";
import type { CaCertificate, CaCertificateStore } from "./ca-certificate.ts";
import type { Certificates } from "./certificate.ts";
import { isValidAt } from "./certificate.ts";

const NAME_PATTERN = /^[A-Za-z0-9\-._]{1,64}$/;

/** Why a change is refused; hubs and provisioning services each have their own error for it. */
export type CaCertificateProblem =
  | "ArgumentInvalid"
  | "CertificateNotFound"
  | "PreconditionFailed"
  | "TooManyCertificates";

export type CaCertificateErrors = (
  problem: CaCertificateProblem,
  message: string,
  details?: { readonly name: string },
) => Error;

export interface CaCertificatesParts {
  readonly store: CaCertificateStore;
  readonly certificates: Certificates;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Beyond it, adding another is refused with `TooManyCertificates`. */
  readonly limits: { readonly certificatesMax: number };
  readonly createError: CaCertificateErrors;
}

/**
 * The certificate authorities of a hub or provisioning service, and the proof that their owner has their keys.
 * What it throws is the `createError` of its parts.
 */
export class CaCertificates {
  readonly #parts: CaCertificatesParts;

  constructor(parts: CaCertificatesParts) {
    this.#parts = parts;
  }

  /** Throws `CertificateNotFound`. */
  async get(name: string): Promise<CaCertificate> {
    const found = await this.#parts.store.find(name);
    if (found === undefined) throw this.#notFound(name);
    return found;
  }

  list(): Promise<readonly CaCertificate[]> {
    return this.#parts.store.list();
  }

  /**
   * Adds an authority or replaces its certificate, which has to be verified anew unless the caller vouches for
   * it. Throws `ArgumentInvalid`, `PreconditionFailed`, `TooManyCertificates`.
   */
  async put(
    input: { readonly name: string; readonly certificate: string; readonly isVerified?: boolean },
    condition?: EtagCondition,
  ): Promise<CaCertificate> {
    const { store, certificates, limits } = this.#parts;
    if (!NAME_PATTERN.test(input.name)) {
      throw this.#invalid(
        "A certificate's name has 1 to 64 letters, digits or characters of - . _",
      );
    }
    const certificate = certificates.parse(input.certificate);
    if (certificate === undefined) throw this.#invalid("A certificate is PEM or base64 of DER");
    for (;;) {
      const current = await store.find(input.name);
      if (condition !== undefined) this.#checkCondition(input.name, current, condition);
      if (current === undefined && (await store.list()).length >= limits.certificatesMax) {
        throw this.#parts.createError(
          "TooManyCertificates",
          `There already are ${limits.certificatesMax} certificates`,
        );
      }
      const isSame = current?.certificate.sha256Thumbprint === certificate.sha256Thumbprint;
      const written = await this.#write(current, {
        name: current?.name ?? input.name,
        certificate,
        isVerified: input.isVerified ?? (isSame && current.isVerified),
        verificationCode: isSame ? current.verificationCode : undefined,
      });
      if (written !== undefined) return written;
    }
  }

  /** Throws `CertificateNotFound`, `PreconditionFailed`. */
  async delete(name: string, condition: EtagCondition): Promise<void> {
    const expectedEtag = condition === "any" ? undefined : condition.etag;
    const outcome = await this.#parts.store.delete(name, expectedEtag);
    if (outcome === "missing") throw this.#notFound(name);
    if (outcome === "conflict") throw this.#preconditionFailed(name);
  }

  /** A new code, which makes an earlier one worthless. Throws `CertificateNotFound`, `PreconditionFailed`. */
  generateVerificationCode(name: string, condition: EtagCondition): Promise<CaCertificate> {
    const { secrets } = this.#parts;
    const code = (secrets.createUuid() + secrets.createUuid()).replaceAll("-", "").slice(0, 48);
    return this.#change(name, condition, (current) => ({
      ...current,
      verificationCode: code.toUpperCase(),
    }));
  }

  /**
   * Takes a certificate that carries the code and is signed by the authority. Throws `ArgumentInvalid` for any
   * other, `CertificateNotFound`, `PreconditionFailed`.
   */
  verify(name: string, proof: string, condition: EtagCondition): Promise<CaCertificate> {
    const { certificates, clock } = this.#parts;
    const presented = certificates.parse(proof);
    if (presented === undefined) throw this.#invalid("A certificate is PEM or base64 of DER");
    return this.#change(name, condition, (current) => {
      const { verificationCode, certificate } = current;
      if (verificationCode === undefined) {
        throw this.#invalid(`No verification code was generated for '${name}'`);
      }
      if (presented.subjectCommonName?.toUpperCase() !== verificationCode) {
        throw this.#invalid("The common name is not the verification code");
      }
      if (!certificates.isIssuedBy(presented, certificate)) {
        throw this.#invalid(`The certificate is not signed by '${name}'`);
      }
      if (!isValidAt(presented, clock.now())) {
        throw this.#invalid("The certificate is not valid at this time");
      }
      return { ...current, isVerified: true, verificationCode: undefined };
    });
  }

  async #change(
    name: string,
    condition: EtagCondition,
    decide: (current: CaCertificate) => CaCertificate,
  ): Promise<CaCertificate> {
    for (;;) {
      const current = await this.get(name);
      this.#checkCondition(name, current, condition);
      const written = await this.#write(current, decide(current));
      if (written !== undefined) return written;
    }
  }

  async #write(
    current: CaCertificate | undefined,
    next: Pick<CaCertificate, "name" | "certificate" | "isVerified" | "verificationCode">,
  ): Promise<CaCertificate | undefined> {
    const { store, secrets, clock } = this.#parts;
    const nowMs = clock.now();
    const authority: CaCertificate = {
      ...next,
      etag: secrets.createEtag(),
      createdAtMs: current?.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
    };
    return (await store.put(authority, current?.etag)) === "written" ? authority : undefined;
  }

  #checkCondition(
    name: string,
    current: CaCertificate | undefined,
    condition: EtagCondition,
  ): void {
    if (current === undefined) throw this.#notFound(name);
    if (condition !== "any" && condition.etag !== current.etag) {
      throw this.#preconditionFailed(name);
    }
  }

  #invalid(message: string): Error {
    return this.#parts.createError("ArgumentInvalid", message);
  }

  #notFound(name: string): Error {
    const message = `Certificate '${name}' not found`;
    return this.#parts.createError("CertificateNotFound", message, { name });
  }

  #preconditionFailed(name: string): Error {
    const message = `The ETag of '${name}' does not match`;
    return this.#parts.createError("PreconditionFailed", message, { name });
  }
}
