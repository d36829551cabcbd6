import type { Clock, Timer } from "@larimar/domain";
import type { Log } from "@larimar/heads";
import type { KeyedCertificate } from "./make-certificates.ts";

/** Where a server certificate comes from: our own authority, or files an operator keeps up to date. */
export interface CertificateSource {
  /** What clients are told to trust. */
  readonly caFile: string;
  /** The certificate to use now; made anew or read again when the one in use no longer fits. */
  provide(): Promise<KeyedCertificate>;
}

/** How often a running server looks whether its certificate still fits. */
export const CERTIFICATE_CHECK_INTERVAL_MS = 60 * 60 * 1000;

/** The certificate of a running server: looked at now and then, and replaced without a restart. */
export class ServerCertificate implements Disposable {
  readonly caFile: string;
  readonly #source: CertificateSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  #current: KeyedCertificate;
  #timer: Timer | undefined;
  #isClosed = false;
  #checking: Promise<void> = Promise.resolve();

  private constructor(parts: CertificateParts, first: KeyedCertificate) {
    this.caFile = parts.source.caFile;
    this.#source = parts.source;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#current = first;
    this.#schedule();
  }

  static async open(parts: CertificateParts): Promise<ServerCertificate> {
    return new ServerCertificate(parts, await parts.source.provide());
  }

  get current(): KeyedCertificate {
    return this.#current;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Looks at once, because the names of the server may have changed. */
  renew(): Promise<void> {
    const checked = this.#checking.then(() => this.#check());
    this.#checking = checked;
    return checked;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#clock.after(CERTIFICATE_CHECK_INTERVAL_MS, () => {
      void this.renew().then(() => this.#schedule());
    });
  }

  /** A certificate that cannot be replaced now stays in use, and the next check tries again. */
  async #check(): Promise<void> {
    try {
      const next = await this.#source.provide();
      if (next.certPem !== this.#current.certPem || next.keyPem !== this.#current.keyPem) {
        this.#current = next;
        for (const listener of this.#listeners) listener();
        this.#log.info({}, "server certificate replaced");
      }
    } catch (error) {
      this.#log.warn({ err: error }, "server certificate cannot be replaced");
    }
  }
}

export interface CertificateParts {
  readonly source: CertificateSource;
  readonly clock: Clock;
  readonly log: Log;
}
