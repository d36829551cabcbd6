/** Who still reads which file: one that is to go waits for its last reader. */
export class FilePins {
  readonly #counts = new Map<string, number>();
  readonly #unwanted = new Set<string>();
  readonly #free: (file: string) => void;

  constructor(free: (file: string) => void) {
    this.#free = free;
  }

  pin(files: readonly string[]): Disposable {
    for (const file of files) this.#counts.set(file, (this.#counts.get(file) ?? 0) + 1);
    let isPinned = true;
    return {
      [Symbol.dispose]: () => {
        if (isPinned) for (const file of files) this.#unpin(file);
        isPinned = false;
      },
    };
  }

  whenFree(file: string): void {
    if (this.#counts.has(file)) this.#unwanted.add(file);
    else this.#free(file);
  }

  #unpin(file: string): void {
    const count = (this.#counts.get(file) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(file, count);
      return;
    }
    this.#counts.delete(file);
    if (this.#unwanted.delete(file)) this.#free(file);
  }
}
