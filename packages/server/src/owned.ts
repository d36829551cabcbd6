/** Things to dispose of together, the last one first. Node 20 has no AsyncDisposableStack yet. */
export class Owned implements AsyncDisposable {
  readonly #items: (AsyncDisposable | Disposable)[] = [];

  add<Item extends AsyncDisposable | Disposable>(item: Item): Item {
    this.#items.push(item);
    return item;
  }

  defer(action: () => void | Promise<void>): void {
    this.#items.push({ [Symbol.asyncDispose]: async () => action() });
  }

  /** Everything is disposed of, also when something before it failed; the first failure is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    let failure: { error: unknown } | undefined;
    for (const item of this.#items.splice(0).toReversed()) {
      try {
        if (Symbol.asyncDispose in item) await item[Symbol.asyncDispose]();
        else item[Symbol.dispose]();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
