import type { SasToken } from "@larimar/domain";

/**
 * The tokens a connection has put, one per resource text: a new token for the same resource replaces the
 * old one. Which of them a link needs is decided by signature and scope when it attaches.
 */
export class TokenStore {
  readonly #byResource = new Map<string, SasToken>();
  readonly #tokensMax: number;

  constructor(tokensMax: number) {
    this.#tokensMax = tokensMax;
  }

  /** False when there is no room for another resource. */
  put(token: SasToken): boolean {
    const key = token.rawResource;
    if (!this.#byResource.has(key) && this.#byResource.size >= this.#tokensMax) return false;
    // The newest first, when it is tried.
    this.#byResource.delete(key);
    this.#byResource.set(key, token);
    return true;
  }

  /** Gives up what has expired by the given time. */
  dropExpired(nowMs: number, skewMs: number): void {
    for (const [key, token] of this.#byResource) {
      if (nowMs >= token.expiresAtMs + skewMs) this.#byResource.delete(key);
    }
  }

  all(): SasToken[] {
    return [...this.#byResource.values()].toReversed();
  }

  get isEmpty(): boolean {
    return this.#byResource.size === 0;
  }
}
