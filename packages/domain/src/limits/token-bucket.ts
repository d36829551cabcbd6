import type { Clock } from "../time/clock.ts";

/** So much may come at once after a quiet time. */
const DEPTH_MS = 60_000;

/**
 * So many a second, and a minute's worth at once. Whoever finds it empty waits for his turn, which comes at
 * exactly the rate.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  #available: number;
  #refilledAtMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#available = this.#perMs * DEPTH_MS;
    this.#refilledAtMs = clock.now();
  }

  /** How long to wait for so many; undefined, and nothing taken, when that is longer than the longest wait. */
  reserve(count: number, waitMsMax: number): number | undefined {
    const nowMs = this.#clock.now();
    const elapsedMs = Math.max(0, nowMs - this.#refilledAtMs);
    this.#refilledAtMs = nowMs;
    this.#available = Math.min(this.#perMs * DEPTH_MS, this.#available + elapsedMs * this.#perMs);
    const left = this.#available - count;
    const waitMs = left >= 0 ? 0 : Math.ceil(-left / this.#perMs);
    if (waitMs > waitMsMax) return undefined;
    this.#available = left;
    return waitMs;
  }
}
