import { AmqpFault } from "./amqp-fault.ts";
import type { FrameOutput } from "./frame-output.ts";
import type { FrameReader } from "./frame-reader.ts";
import type { SaslInit } from "./sasl-frames.ts";
import { SASL_OUTCOME, mechanismsFrame, outcomeFrame, readSaslInit } from "./sasl-frames.ts";

const PROTOCOL_ID = { amqp: 0, sasl: 3 } as const;
const HEADER_BYTES = 8;

/** Decides about a client that says who it is by SASL. */
export type SaslDecision = (init: SaslInit) => Promise<keyof typeof SASL_OUTCOME>;

export interface HandshakeParts {
  readonly reader: FrameReader;
  readonly output: FrameOutput;
  readonly saslFrameBytesMax: number;
  readonly decide: SaslDecision;
  /** A decision has been made: there may be bytes waiting. */
  readonly onDecided: () => void;
}

/** waiting: for more bytes. deciding: for an answer, nothing is read until then. */
export type HandshakeState = "waiting" | "deciding" | "done" | "refused";

/**
 * The protocol headers and SASL, up to where AMQP itself begins. Clients of the service leave SASL out,
 * use it for show, or authenticate with it, all on one port. [AMQP 1.0 2.2, 5.3]
 */
export class Handshake {
  readonly #parts: HandshakeParts;
  #step: "header" | "init" | "amqpHeader" = "header";
  #state: HandshakeState = "waiting";

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  get state(): HandshakeState {
    return this.#state;
  }

  /** Goes on with what has arrived. Clients may send ahead without waiting for our answers. */
  advance(): HandshakeState {
    while (this.#state === "waiting" && this.#takeStep());
    return this.#state;
  }

  #takeStep(): boolean {
    return this.#step === "init" ? this.#takeInit() : this.#takeHeader();
  }

  #takeHeader(): boolean {
    const { reader, output } = this.#parts;
    const header = reader.peek(HEADER_BYTES);
    const id = header[4];
    const wantsSasl = id === PROTOCOL_ID.sasl && this.#step === "header";
    const expected = headerOf(wantsSasl ? PROTOCOL_ID.sasl : PROTOCOL_ID.amqp);
    if (!header.equals(expected.subarray(0, header.length))) {
      // [AMQP 1.0 2.2] The answer to anything else is what would have been right.
      output.raw(headerOf(this.#step === "header" ? PROTOCOL_ID.sasl : PROTOCOL_ID.amqp));
      throw new AmqpFault(
        "connection",
        "amqp:connection:framing-error",
        "The client does not speak AMQP 1.0",
      );
    }
    if (header.length < HEADER_BYTES) return false;
    reader.take(HEADER_BYTES);
    output.raw(expected);
    if (wantsSasl) {
      output.raw(mechanismsFrame());
      this.#step = "init";
    } else {
      this.#state = "done";
    }
    return true;
  }

  #takeInit(): boolean {
    const { reader, saslFrameBytesMax, decide, onDecided } = this.#parts;
    const frame = reader.next(saslFrameBytesMax);
    if (frame === undefined) return false;
    this.#state = "deciding";
    const decided = (outcome: keyof typeof SASL_OUTCOME): void => {
      this.#parts.output.raw(outcomeFrame(SASL_OUTCOME[outcome]));
      this.#state = outcome === "ok" ? "waiting" : "refused";
      this.#step = "amqpHeader";
      onDecided();
    };
    decide(readSaslInit(frame)).then(decided, () => decided("temporaryFailure"));
    return true;
  }
}

function headerOf(protocolId: number): Buffer {
  return Buffer.from([0x41, 0x4d, 0x51, 0x50, protocolId, 1, 0, 0]);
}
