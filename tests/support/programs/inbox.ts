const WAIT_MS_MAX = 60_000;

/** What came, in order, for whoever asks for the next. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #takers: ((item: Item) => void)[] = [];

  put(item: Item): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  async take(): Promise<Item> {
    const next = this.#items.shift();
    if (next !== undefined) return next;
    return new Promise<Item>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#takers.splice(this.#takers.indexOf(taker), 1);
        reject(new Error("nothing came"));
      }, WAIT_MS_MAX);
      const taker = (item: Item): void => {
        clearTimeout(timer);
        resolve(item);
      };
      this.#takers.push(taker);
    });
  }
}
