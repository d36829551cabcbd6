import type { Clock, Timer } from "@larimar/domain";

const TICK_MS = 1000;

/** Something that has to show signs of life now and then. */
export interface Watched {
  /** The tick at which it has been silent for too long; moved on with every sign of life. */
  deadlineTick: number;
  onIdle(): void;
}

/**
 * One timer for all connections. A sign of life costs an addition instead of a timer, and counting ticks
 * instead of reading the time keeps everybody connected when the machine's clock is set.
 */
export class IdleWatch implements Disposable {
  /** Counts up, once a second while anything is watched. */
  tick = 0;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Never too few: a time that begins between two ticks is not cut short by the first. */
  static ticksIn(durationMs: number): number {
    return Math.ceil(durationMs / TICK_MS) + 1;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= this.#clock.after(TICK_MS, this.#onTick);
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#watched.clear();
  }

  readonly #onTick = (): void => {
    this.tick++;
    this.#timer = this.#watched.size === 0 ? undefined : this.#clock.after(TICK_MS, this.#onTick);
    for (const watched of this.#watched) {
      if (this.tick >= watched.deadlineTick) watched.onIdle();
    }
  };
}
