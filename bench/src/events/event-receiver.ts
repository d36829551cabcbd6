import { once } from "node:events";
import type { OnReadOpts } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { LoadTarget } from "../load/messages.ts";
import {
  AMQP_HEADER,
  PERFORMATIVE,
  SASL_HEADER,
  attachReceiver,
  begin,
  flow,
  open,
  saslPlain,
} from "./amqp-frames.ts";
import { FrameScanner } from "./frame-scanner.ts";

/** How a back end reads a hub's events. */
export interface EventsAccess {
  readonly target: LoadTarget;
  readonly user: string;
  readonly password: string;
  /** The name of the event hub. */
  readonly entityPath: string;
  readonly partitionIds: readonly string[];
}

/** More than any run delivers: credit is given once, so that the reader costs next to nothing. */
const CREDIT = 0x3fff_ffff;
/** The session's window is renewed after so many events. */
const WINDOW_RENEWED_AFTER = 1_000_000;
const READ_BUFFER_BYTES = 262_144;
const POLL_MS = 2;

/** Reads all partitions over one connection and counts what arrives, without decoding it. */
export class EventReceiver implements Disposable {
  received = 0;
  readonly #socket: TLSSocket;
  readonly #scanner: FrameScanner;
  #failure: string | undefined;
  #attached = 0;
  #isAuthenticated = false;
  #renewedAt = 0;

  private constructor(access: EventsAccess) {
    const { target } = access;
    this.#scanner = new FrameScanner({ frame: (performative) => this.#onFrame(performative) });
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      host: target.host,
      port: target.port,
      servername: target.servername,
      ca: target.caPem,
      minVersion: "TLSv1.3",
      ciphers: "TLS_AES_128_GCM_SHA256",
      onread: {
        buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
        callback: (byteCount: number, buffer: Uint8Array) => {
          this.#scanner.push(buffer.subarray(0, byteCount));
          return true;
        },
      },
    };
    this.#socket = connect(options);
    this.#socket.setNoDelay(true);
    this.#socket.on("error", (error: Error) => (this.#failure ??= error.message));
    this.#socket.on("close", () => (this.#failure ??= "closed by the server"));
  }

  /** `selector` says where to begin, as Event Hubs clients write it. */
  static async open(access: EventsAccess, selector: string): Promise<EventReceiver> {
    const receiver = new EventReceiver(access);
    try {
      await receiver.#begin(access, selector);
      return receiver;
    } catch (error) {
      receiver[Symbol.dispose]();
      throw error;
    }
  }

  /** Until so many events have arrived in all. */
  async until(received: number, timeoutMs: number): Promise<void> {
    await this.#until(() => this.received >= received, timeoutMs, `${received} events`);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #begin(access: EventsAccess, selector: string): Promise<void> {
    const { target, entityPath, partitionIds } = access;
    await once(this.#socket, "secureConnect");
    this.#socket.write(Buffer.concat([SASL_HEADER, saslPlain(access)]));
    await this.#until(() => this.#isAuthenticated, 10_000, "the SASL outcome");
    const links = partitionIds.map((partitionId, handle) =>
      attachReceiver({
        handle,
        address: `${entityPath}/ConsumerGroups/$Default/Partitions/${partitionId}`,
        selector,
      }),
    );
    const containerId = `bench-${process.pid}`;
    const opening = open({ containerId, hostName: target.servername });
    this.#socket.write(Buffer.concat([AMQP_HEADER, opening, begin(), ...links]));
    await this.#until(() => this.#attached === partitionIds.length, 10_000, "all links");
    const credits = partitionIds.map((_, handle) => flow({ received: 0, handle, credit: CREDIT }));
    this.#socket.write(Buffer.concat(credits));
  }

  #onFrame(performative: number): void {
    switch (performative) {
      case PERFORMATIVE.transfer:
        this.received += 1;
        if (this.received - this.#renewedAt >= WINDOW_RENEWED_AFTER) this.#renewWindow();
        break;
      case PERFORMATIVE.saslOutcome:
        this.#isAuthenticated = true;
        break;
      case PERFORMATIVE.attach:
        this.#attached += 1;
        break;
      case PERFORMATIVE.detach:
      case PERFORMATIVE.end:
      case PERFORMATIVE.close:
        this.#failure ??= `the server sent performative ${performative.toString(16)}`;
        break;
    }
  }

  #renewWindow(): void {
    this.#renewedAt = this.received;
    this.#socket.write(flow({ received: this.received }));
  }

  async #until(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!condition()) {
      if (this.#failure !== undefined) throw new Error(`events: ${this.#failure}`);
      if (performance.now() > endMs) {
        throw new Error(`events: no ${what} in ${timeoutMs} ms, ${this.received} events so far`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
