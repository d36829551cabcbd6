import type { BearerToken, Clock, SasToken } from "@larimar/domain";
import { CLOCK_SKEW_MS } from "@larimar/domain";

/**
 * The tokens a connection has put, one per resource text: a new token for the same resource replaces the
 * old one. Which of them a link needs is decided by signature and scope when it attaches.
 */
export class TokenStore {
  /** Of an identity provider, found to be genuine; a later one replaces it. */
  bearer: BearerToken | undefined;
  readonly #byResource = new Map<string, SasToken>();
  readonly #tokensMax: number;
  readonly #clock: Clock;

  constructor(tokensMax: number, clock: Clock) {
    this.#tokensMax = tokensMax;
    this.#clock = clock;
  }

  /** False when there is no room for another resource. */
  put(token: SasToken): boolean {
    const key = token.rawResource;
    this.#byResource.delete(key);
    if (this.#byResource.size >= this.#tokensMax) this.#dropExpired();
    if (this.#byResource.size >= this.#tokensMax) return false;
    this.#byResource.set(key, token);
    return true;
  }

  /** The newest first. */
  all(): SasToken[] {
    return [...this.#byResource.values()].toReversed();
  }

  get isEmpty(): boolean {
    return this.#byResource.size === 0 && this.bearer === undefined;
  }

  #dropExpired(): void {
    const nowMs = this.#clock.now();
    for (const [key, token] of this.#byResource) {
      if (nowMs >= token.expiresAtMs + CLOCK_SKEW_MS) this.#byResource.delete(key);
    }
  }
}
