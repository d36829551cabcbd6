import type { OutgoingLink } from "../engine/outgoing-link.ts";

/** Beyond this many messages without credit, a client does not read and is detached. */
const WAITING_MAX = 1000;

/** Messages for a client that may have to wait for its credit, in order. */
export class OutgoingQueue {
  readonly #link: OutgoingLink;
  readonly #waiting: Uint8Array[] = [];

  constructor(link: OutgoingLink) {
    this.#link = link;
    link.handler = () => this.#send();
  }

  push(message: Uint8Array): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#link.detach({
        condition: "amqp:resource-limit-exceeded",
        description: "Too many messages wait for credit",
      });
      return;
    }
    this.#waiting.push(message);
    this.#link.wake();
  }

  #send(): boolean {
    while (this.#waiting.length > 0 && this.#link.canSend) {
      const message = this.#waiting.shift()!;
      this.#link.send({ bytes: message.length, write: (target, at) => target.set(message, at) });
    }
    if (this.#waiting.length === 0) this.#link.finishDrain();
    return this.#waiting.length > 0 && this.#link.isWanted;
  }
}
