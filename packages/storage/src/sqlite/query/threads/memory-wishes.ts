import type { MemoryWish } from "../memory/memory-search.ts";

/** Filling memory takes no more than a tenth of the time, however many places queries ask about in turn. */
const REST_FACTOR = 9;

/** What is read into memory next, one column at a time. */
export class MemoryWishes {
  readonly #now: () => number;
  #wish: MemoryWish | undefined;
  #begunAt: number | undefined;
  #restsUntil = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The newest replaces what still waits: nobody may ask about that any more. */
  add(wish: MemoryWish): void {
    this.#wish = wish;
  }

  /** What is to be read now; `done` has to follow. */
  take(): MemoryWish | undefined {
    if (this.#begunAt !== undefined || this.#now() < this.#restsUntil) return undefined;
    const wish = this.#wish;
    this.#wish = undefined;
    if (wish !== undefined) this.#begunAt = this.#now();
    return wish;
  }

  done(): void {
    const now = this.#now();
    this.#restsUntil = now + REST_FACTOR * (now - (this.#begunAt ?? now));
    this.#begunAt = undefined;
  }
}
