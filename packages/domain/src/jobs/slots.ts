/** So many at once; the one who wants to start another waits until there is room. */
export class Slots {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  async take(): Promise<void> {
    while (this.#used >= this.#max) await this.#change();
    this.#used += 1;
  }

  free(): void {
    this.#used -= 1;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async idle(): Promise<void> {
    while (this.#used > 0) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
