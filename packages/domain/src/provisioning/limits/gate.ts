/** Lets so many through at once; the others wait in order of arrival. */
export class Gate {
  readonly #widthMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(widthMax: number) {
    this.#widthMax = widthMax;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#widthMax) this.#inside += 1;
    // Whoever leaves hands its place on, so the count stays.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
