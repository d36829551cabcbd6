/** Whoever gets replies out to the client. */
export interface ReplySink {
  send(bytes: Uint8Array): void;
  onReplyFailed(error: unknown): void;
}

interface Reply {
  readonly bytes: Promise<Uint8Array>;
  readonly onSent: (() => void) | undefined;
}

/**
 * Replies that have to wait for the store, and those behind them: answers go out in the order of the
 * questions. Empty but for the moments after a client with a persistent session subscribed.
 */
export class OrderedReplies {
  readonly #sink: ReplySink;
  readonly #waiting: Reply[] = [];

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(bytes: Promise<Uint8Array>, onSent?: () => void): void {
    this.#waiting.push({ bytes, onSent });
    if (this.#waiting.length === 1) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        this.#sink.send(await next.bytes);
        this.#waiting.shift();
        next.onSent?.();
      }
    } catch (error) {
      this.#sink.onReplyFailed(error);
    }
  }
}
