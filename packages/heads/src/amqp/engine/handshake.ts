import { AmqpFault } from "./amqp-fault.ts";
import type { FrameOutput } from "./frame-output.ts";
import type { Frame, FrameReader } from "./frame-reader.ts";
import type { SaslInit } from "./sasl-frames.ts";
import {
  SASL_OUTCOME,
  challengeFrame,
  mechanismsFrame,
  outcomeFrame,
  readSaslInit,
  readSaslResponse,
} from "./sasl-frames.ts";

const PROTOCOL_ID = { amqp: 0, sasl: 3 } as const;
const HEADER_BYTES = 8;

/** Asks the client something before its decision. */
export interface SaslChallenge {
  readonly challenge: Uint8Array;
  readonly respond: (response: Uint8Array) => Promise<SaslStep>;
}

export type SaslStep = keyof typeof SASL_OUTCOME | SaslChallenge;

/** Decides about a client that says who it is by SASL. */
export type SaslDecision = (init: SaslInit) => Promise<SaslStep>;

export interface HandshakeParts {
  readonly reader: FrameReader;
  readonly output: FrameOutput;
  readonly saslFrameBytesMax: number;
  readonly mechanisms: readonly string[];
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
  #step: "header" | "init" | "response" | "amqpHeader" = "header";
  #respond: SaslChallenge["respond"] | undefined;
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
    switch (this.#step) {
      case "init":
        return this.#takeFrame((frame) => this.#parts.decide(readSaslInit(frame)));
      case "response":
        return this.#takeFrame((frame) => this.#takeResponse(readSaslResponse(frame)));
      case "header":
      case "amqpHeader":
        return this.#takeHeader();
    }
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
      output.raw(mechanismsFrame(this.#parts.mechanisms));
      this.#step = "init";
    } else {
      this.#state = "done";
    }
    return true;
  }

  #takeFrame(decide: (frame: Frame) => Promise<SaslStep>): boolean {
    const { reader, saslFrameBytesMax } = this.#parts;
    const frame = reader.next(saslFrameBytesMax);
    if (frame === undefined) return false;
    this.#state = "deciding";
    decide(frame).then(
      (step) => this.#decided(step),
      () => this.#decided("temporaryFailure"),
    );
    return true;
  }

  async #takeResponse(response: Uint8Array): Promise<SaslStep> {
    return this.#respond?.(response) ?? "temporaryFailure";
  }

  #decided(step: SaslStep): void {
    const { output, onDecided } = this.#parts;
    if (typeof step === "object") {
      output.raw(challengeFrame(step.challenge));
      this.#respond = step.respond;
      this.#state = "waiting";
      this.#step = "response";
    } else {
      output.raw(outcomeFrame(SASL_OUTCOME[step]));
      this.#state = step === "ok" ? "waiting" : "refused";
      this.#step = "amqpHeader";
    }
    onDecided();
  }
}

function headerOf(protocolId: number): Buffer {
  return Buffer.from([0x41, 0x4d, 0x51, 0x50, protocolId, 1, 0, 0]);
}
