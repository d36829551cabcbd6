/** How much waits for the disk, and who waits for it to become less. */
export class Congestion {
  readonly #bytesMax: number;
  #bytes = 0;
  #waiting: (() => void)[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  get isCongested(): boolean {
    return this.#bytes * 2 >= this.#bytesMax;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#bytesMax;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    if (this.isCongested) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  drained(): Promise<void> {
    if (!this.isCongested) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
