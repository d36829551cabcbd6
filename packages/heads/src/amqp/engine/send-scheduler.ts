/** Something that may have messages to send. */
export interface Sender {
  /** Sends up to about so many bytes; true when it could go on at once. */
  takeTurn(budgetBytes: number): boolean;
}

export interface SendSchedulerParts {
  readonly isFull: () => boolean;
  readonly linkTurnBytes: number;
  readonly connectionTurnBytes: number;
  /** What has been written to the output and not been flushed; it only grows while links take turns. */
  readonly writtenBytes: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * Lets the links of a connection send in turn, and other connections in between. Stops while the output is
 * full; `resume` is called when it has room again.
 */
export class SendScheduler {
  readonly #parts: SendSchedulerParts;
  /** In order of their next turn. */
  readonly #waiting = new Set<Sender>();
  #immediate: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(parts: SendSchedulerParts) {
    this.#parts = parts;
  }

  wake(sender: Sender): void {
    this.#waiting.add(sender);
    this.resume();
  }

  resume(): void {
    if (this.#waiting.size === 0 || this.#immediate !== undefined || this.#isClosed) return;
    if (this.#parts.isFull()) return;
    this.#immediate = setImmediate(() => this.#run());
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  #run(): void {
    this.#immediate = undefined;
    const { isFull, linkTurnBytes, connectionTurnBytes, writtenBytes, onError } = this.#parts;
    const start = writtenBytes();
    for (const sender of this.#waiting) {
      if (isFull() || writtenBytes() - start >= connectionTurnBytes) break;
      // A set visits what is added while it is visited: whoever has more queues up again.
      this.#waiting.delete(sender);
      try {
        if (sender.takeTurn(linkTurnBytes)) this.#waiting.add(sender);
      } catch (error) {
        onError(error);
      }
    }
    this.resume();
  }
}
