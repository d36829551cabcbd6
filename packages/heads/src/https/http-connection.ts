import { once } from "node:events";
import { type IncomingMessage, STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ConnectionContext } from "../head.ts";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** One client's connection. Its requests are performed one after another, in the order they came. */
export class HttpConnection {
  readonly context: ConnectionContext;
  readonly #stream: Duplex;
  #tail: Promise<void> = Promise.resolve();
  #waitingCount = 0;
  #latest: Exchange | undefined;
  #isRefused = false;

  constructor(stream: Duplex, context: ConnectionContext) {
    this.#stream = stream;
    this.context = context;
  }

  /** Requests that were not answered yet. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** The one whose body is still coming. */
  get incompleteRequest(): IncomingMessage | undefined {
    const request = this.#latest?.request;
    return request?.complete === false ? request : undefined;
  }

  /** `perform` must not reject. */
  enqueue(exchange: Exchange, perform: () => Promise<void>): void {
    this.#latest = exchange;
    this.#waitingCount += 1;
    this.#tail = this.#tail.then(perform).finally(() => {
      this.#waitingCount -= 1;
    });
  }

  /** Runs once all requests before have been answered; must not throw. */
  afterAnswers(action: () => void): void {
    this.#tail = this.#tail.then(() => (this.#stream.destroyed ? undefined : action()));
  }

  /** Answers what is no request at all, after those that are, and closes the connection. */
  refuse(status: number): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    const isBroken = this.#latest?.request.complete === false;
    if (!isBroken) {
      this.afterAnswers(() => this.#end(status));
    } else if (this.#waitingCount === 1 && this.#latest?.response.headersSent === false) {
      // Its own body broke off, so this is the answer to the only request that waits.
      this.#end(status);
    } else {
      this.#stream.destroy();
    }
  }

  /** Lets the requests that wait be answered, then closes the connection. */
  async finish(): Promise<void> {
    while (this.#waitingCount > 0) await this.#tail;
    if (this.#stream.destroyed) return;
    const closed = once(this.#stream, "close");
    this.#stream.end(() => this.#stream.destroy());
    await closed;
  }

  #end(status: number): void {
    const reason = STATUS_CODES[status] ?? "Refused";
    const head = `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    this.#stream.end(head, () => this.#stream.destroy());
  }
}
