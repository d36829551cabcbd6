import type { NumbersWish } from "../numbers/number-search.ts";

/** Reading numbers takes no more than a tenth of the time, however many places queries ask about in turn. */
const REST_FACTOR = 9;

/** Which numbers are read into memory next, one place at a time. */
export class NumberWishes {
  readonly #now: () => number;
  #wish: NumbersWish | undefined;
  #begunAt: number | undefined;
  #restsUntil = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The newest replaces what still waits: nobody may ask about that any more. */
  add(wish: NumbersWish): void {
    this.#wish = wish;
  }

  /** What is to be read now; `done` has to follow. */
  take(): NumbersWish | undefined {
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
