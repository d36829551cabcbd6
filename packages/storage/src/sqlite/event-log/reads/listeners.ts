/** Who wants to know of new events. Listeners may come and go while they are being called. */
export class Listeners {
  readonly #listeners = new Set<{ readonly call: () => void }>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  add(call: () => void): Disposable {
    // An object of its own for each: the same function may listen twice.
    const listener = { call };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Those who leave meanwhile are not called any more, those who come are not called yet. */
  callAll(): void {
    if (this.isEmpty) return;
    const present = [...this.#listeners];
    for (const listener of present) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener.call();
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
