import type { Clock } from "../../time/clock.ts";
import { ProvisioningError } from "../provisioning-error.ts";

/** So many a minute, with up to a minute's worth at once; what is beyond is refused, never queued. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #perMinuteMax: number;
  readonly #what: string;
  #available: number;
  #refilledAtMs: number;

  constructor(clock: Clock, perMinuteMax: number, what: string) {
    this.#clock = clock;
    this.#perMinuteMax = perMinuteMax;
    this.#what = what;
    this.#available = perMinuteMax;
    this.#refilledAtMs = clock.now();
  }

  /** Throws `Throttled` with the seconds after which there is room again. */
  take(): void {
    const perMs = this.#perMinuteMax / 60_000;
    const nowMs = this.#clock.now();
    const elapsedMs = Math.max(0, nowMs - this.#refilledAtMs);
    this.#available = Math.min(this.#perMinuteMax, this.#available + elapsedMs * perMs);
    this.#refilledAtMs = nowMs;
    if (this.#available >= 1) {
      this.#available -= 1;
      return;
    }
    const retryAfterS = Math.max(1, Math.ceil((1 - this.#available) / perMs / 1000));
    throw new ProvisioningError("Throttled", `Too many ${this.#what}; try again later`, {
      retryAfterS,
    });
  }
}
