import type { Clock } from "../time/clock.ts";

/** So many a second and no more; whoever comes too early waits. */
export class Pace {
  readonly #clock: Clock;
  readonly #perSecondMax: () => number;
  #nextAtMs = 0;

  constructor(clock: Clock, perSecondMax: () => number) {
    this.#clock = clock;
    this.#perSecondMax = perSecondMax;
  }

  async turn(): Promise<void> {
    const intervalMs = 1000 / this.#perSecondMax();
    if (intervalMs === 0) return;
    const nowMs = this.#clock.now();
    const turnAtMs = Math.max(nowMs, this.#nextAtMs);
    this.#nextAtMs = turnAtMs + intervalMs;
    if (turnAtMs <= nowMs) return;
    await new Promise<void>((resolve) => void this.#clock.after(turnAtMs - nowMs, resolve));
  }
}
