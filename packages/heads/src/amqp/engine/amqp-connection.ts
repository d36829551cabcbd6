import type { Duplex } from "node:stream";
import type { Clock, Timer } from "@larimar/domain";
import type { AmqpErrorFields, OpenPerformative, Performative } from "@larimar/wire";
import {
  AmqpDecodeError,
  AmqpReader,
  readPerformative,
  writeClose,
  writeOpen,
} from "@larimar/wire";
import type { AmqpLimits } from "../amqp-limits.ts";
import { AmqpFault, decodeError } from "./amqp-fault.ts";
import type { AnyLink, LinkCounter } from "./amqp-session.ts";
import { AmqpSession } from "./amqp-session.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { FrameOutput } from "./frame-output.ts";
import type { Frame } from "./frame-reader.ts";
import { FRAME_TYPE, FrameReader } from "./frame-reader.ts";
import type { SaslDecision } from "./handshake.ts";
import { Handshake } from "./handshake.ts";
import { IdleWatch } from "./idle-watch.ts";
import { SendScheduler } from "./send-scheduler.ts";

/** What a connection asks of those who know what it is for. */
export interface ConnectionHandler {
  readonly saslMechanisms: readonly string[];
  decideSasl: SaslDecision;
  opened(open: OpenPerformative): void;
  /** Accepts or refuses the link, now or later. */
  attached(link: AnyLink): void;
  /** The client broke the rules, or we failed: a link, a session or the connection ends for it. */
  failed(error: unknown): void;
  /** The transport is gone, and all links have been told. */
  closed(): void;
}

export interface AmqpConnectionParts {
  readonly stream: Duplex;
  readonly containerId: string;
  readonly pool: ChunkPool;
  readonly clock: Clock;
  readonly limits: AmqpLimits;
  readonly handler: ConnectionHandler;
}

/** handshake: headers and SASL. opening: only an open may come. open. closing: what comes is dropped. */
type Phase = "handshake" | "opening" | "open" | "closing" | "closed";

const FRAME_BYTES_MIN = 512; // [AMQP 1.0 2.8.1]

/** One AMQP 1.0 connection, as its server. Knows the protocol and nothing of what it carries. */
export class AmqpConnection {
  readonly #parts: AmqpConnectionParts;
  readonly #reader = new FrameReader();
  readonly #output: FrameOutput;
  readonly #handshake: Handshake;
  readonly #scheduler: SendScheduler;
  readonly #idleWatch: IdleWatch;
  /** By the client's channel. */
  readonly #sessions = new Map<number, AmqpSession>();
  readonly #links: LinkCounter = { count: 0 };
  readonly #freeChannels: number[] = [];
  /** Channels of the client that have had a session; at most as many as there are channels. */
  readonly #endedChannels = new Set<number>();
  #channelsInUse = 0;
  #phase: Phase = "handshake";
  #peerFrameBytesMax = FRAME_BYTES_MIN;
  #peerChannelMax = 0;
  #deadline: Timer | undefined;

  constructor(parts: AmqpConnectionParts) {
    this.#parts = parts;
    const { stream, pool, clock, limits, handler } = parts;
    this.#output = new FrameOutput({
      stream,
      pool,
      unwrittenBytesMax: limits.unwrittenBytesMax,
      onFlush: () => this.#idleWatch.wrote(),
      onWritable: () => this.#scheduler.resume(),
    });
    this.#handshake = new Handshake({
      reader: this.#reader,
      output: this.#output,
      saslFrameBytesMax: limits.saslFrameBytesMax,
      mechanisms: handler.saslMechanisms,
      decide: (init) => handler.decideSasl(init),
      onDecided: () => this.#onDecided(),
    });
    this.#scheduler = new SendScheduler({
      isFull: () => this.#output.isFull,
      linkTurnBytes: limits.linkTurnBytes,
      connectionTurnBytes: limits.connectionTurnBytes,
      writtenBytes: () => this.#output.writer.at,
      onError: (error) => this.#fail(error),
    });
    this.#idleWatch = new IdleWatch({
      clock,
      silenceMaxMs: limits.idleTimeoutMs * 2,
      onSilence: () =>
        this.#fail(
          new AmqpFault("connection", "amqp:resource-limit-exceeded", "The client went silent"),
        ),
      sendHeartbeat: () => this.#output.frame(0, () => {}),
    });
    this.#deadline = clock.after(limits.connectDeadlineMs, () => {
      this.#fail(
        new AmqpFault("connection", "amqp:resource-limit-exceeded", "The client did not open"),
      );
    });
    stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    stream.on("end", () => this.#onEnd());
    stream.on("error", () => this.#lose());
    stream.on("close", () => this.#lose());
  }

  /** Says why, lets the client read it, and closes. */
  close(error: AmqpErrorFields | undefined): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    const canSayWhy = this.#phase !== "handshake";
    if (this.#phase === "opening") this.#writeOpen();
    this.#phase = "closing";
    this.#loseSessions();
    if (canSayWhy) this.#output.frame(0, (writer) => writeClose(writer, error));
    this.#output.end();
    this.#deadline?.cancel();
    const { clock, limits, stream } = this.#parts;
    // What still comes is read and dropped, or the system would discard our last words with it.
    this.#deadline = clock.after(limits.closeGraceMs, () => stream.destroy());
    stream.resume();
  }

  /**
   * Ends the sessions first. One device client answers a close by detaching its links, waits for the answers that
   * cannot come any more, and never comes back; when its sessions have ended, it waits for nothing.
   */
  closeFromWithin(error: AmqpErrorFields): void {
    if (this.#phase === "open") for (const session of this.#sessions.values()) session.end(error);
    this.close(error);
  }

  /** The transport ends without a word. */
  drop(): void {
    this.#parts.stream.destroy();
    this.#lose();
  }

  #onData(chunk: Buffer): void {
    this.#idleWatch.read();
    if (this.#phase === "closing" || this.#phase === "closed") return;
    this.#reader.push(chunk);
    this.#process();
  }

  #onDecided(): void {
    if (this.#phase !== "handshake") return;
    if (this.#handshake.state === "refused") {
      this.close(undefined);
      return;
    }
    this.#parts.stream.resume();
    this.#process();
  }

  #process(): void {
    try {
      if (this.#phase === "handshake") this.#continueHandshake();
      while (this.#phase === "opening" || this.#phase === "open") {
        const frame = this.#reader.next(this.#parts.limits.frameBytesMax);
        if (frame === undefined) break;
        this.#takeFrame(frame);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#output.unwrittenBytes > this.#parts.limits.abandonedBytesMax) {
      this.#fail(
        new AmqpFault("connection", "amqp:resource-limit-exceeded", "The client does not read"),
      );
      this.#parts.stream.destroy();
    }
  }

  #continueHandshake(): void {
    const state = this.#handshake.advance();
    if (state === "done") this.#phase = "opening";
    // Nothing more is read than what has arrived, until it is known who is there.
    else if (state === "deciding") this.#parts.stream.pause();
  }

  #takeFrame(frame: Frame): void {
    if (frame.type !== FRAME_TYPE.amqp) {
      throw new AmqpFault("connection", "amqp:connection:framing-error", "A frame is not of AMQP");
    }
    if (frame.bodyAt === frame.end) return; // a heartbeat
    const reader = new AmqpReader(frame.bytes, frame.bodyAt, frame.end);
    const performative = readPerformative(reader);
    if (this.#phase === "opening") this.#open(performative);
    else this.#handle(performative, frame, frame.bytes.subarray(reader.at, frame.end));
  }

  #open(open: Performative): void {
    if (open.kind !== "open") {
      throw new AmqpFault("connection", "amqp:not-allowed", "A frame came before open");
    }
    const { limits, handler } = this.#parts;
    if (open.frameBytesMax < FRAME_BYTES_MIN) {
      throw new AmqpFault("connection", "amqp:invalid-field", "The frames are too small");
    }
    const idleTimeoutMs = open.idleTimeoutMs || undefined;
    if (idleTimeoutMs !== undefined && idleTimeoutMs < limits.peerIdleTimeoutMsMin) {
      throw new AmqpFault("connection", "amqp:invalid-field", "The idle time-out is too short");
    }
    this.#peerFrameBytesMax = Math.min(open.frameBytesMax, limits.frameBytesMax);
    this.#peerChannelMax = open.channelMax;
    this.#writeOpen();
    this.#phase = "open";
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#idleWatch.start(idleTimeoutMs);
    handler.opened(open);
  }

  #writeOpen(): void {
    const { containerId, limits } = this.#parts;
    const { frameBytesMax, channelMax, idleTimeoutMs } = limits;
    this.#output.frame(0, (writer) =>
      writeOpen(writer, { containerId, frameBytesMax, channelMax, idleTimeoutMs }),
    );
  }

  #handle(performative: Performative, frame: Frame, payload: Uint8Array): void {
    switch (performative.kind) {
      case "open":
        throw new AmqpFault("connection", "amqp:illegal-state", "A second open came");
      case "close":
        this.close(undefined);
        return;
      case "begin":
        this.#begin(frame.channel, performative);
        return;
      default:
        this.#handleInSession(performative, frame.channel, payload);
    }
  }

  #begin(channel: number, begin: Performative & { kind: "begin" }): void {
    const { limits, handler } = this.#parts;
    if (channel > limits.channelMax) {
      throw new AmqpFault("connection", "amqp:connection:framing-error", "A channel is too high");
    }
    if (this.#sessions.has(channel)) {
      throw new AmqpFault("connection", "amqp:illegal-state", "A channel is in use already");
    }
    if (begin.remoteChannel !== undefined) {
      throw new AmqpFault("connection", "amqp:not-allowed", "A begin answers none of ours");
    }
    const own = this.#freeChannels.pop() ?? this.#channelsInUse++;
    if (own > this.#peerChannelMax) {
      throw new AmqpFault("connection", "amqp:not-allowed", "There are too many sessions");
    }
    const session = new AmqpSession(own, channel, begin, {
      output: this.#output,
      scheduler: this.#scheduler,
      limits,
      peerFrameBytesMax: this.#peerFrameBytesMax,
      onAttach: (link) => handler.attached(link),
      onFault: (error) => handler.failed(error),
      links: this.#links,
    });
    this.#sessions.set(channel, session);
  }

  #handleInSession(
    performative: Exclude<Performative, { kind: "open" | "close" | "begin" }>,
    channel: number,
    payload: Uint8Array,
  ): void {
    const session = this.#sessions.get(channel);
    if (session === undefined) {
      // One client ends its session first and then says goodbye to the links.
      if (this.#endedChannels.has(channel)) return;
      throw new AmqpFault("connection", "amqp:illegal-state", "A channel has no session");
    }
    if (performative.kind === "end") {
      this.#sessions.delete(channel);
      this.#endedChannels.add(channel);
      this.#freeChannels.push(session.channel);
      session.handleEnd();
      return;
    }
    // [AMQP 1.0 2.5.5] What was under way when we ended the session is dropped.
    if (session.isEnding) return;
    try {
      switch (performative.kind) {
        case "attach":
          return session.handleAttach(performative);
        case "detach":
          return session.handleDetach(performative);
        case "flow":
          return session.handleFlow(performative);
        case "transfer":
          return session.handleTransfer(performative, payload);
        case "disposition":
          return session.handleDisposition(performative);
      }
    } catch (error) {
      if (!(error instanceof AmqpFault) || error.scope === "connection") throw error;
      this.#parts.handler.failed(error);
      session.end(error.fields);
    }
  }

  #fail(error: unknown): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    this.#parts.handler.failed(error);
    this.close(errorFieldsOf(error));
  }

  /** The client sends nothing more, not even a close. */
  #onEnd(): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    this.#output.end();
    this.#lose();
  }

  #lose(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#loseSessions();
    this.#deadline?.cancel();
    this.#parts.stream.destroy();
    this.#parts.handler.closed();
  }

  #loseSessions(): void {
    this.#scheduler.close();
    this.#idleWatch.stop();
    for (const session of this.#sessions.values()) session.lose();
    this.#sessions.clear();
  }
}

function errorFieldsOf(error: unknown): AmqpErrorFields {
  if (error instanceof AmqpFault) return error.fields;
  if (error instanceof AmqpDecodeError) return decodeError(error);
  return { condition: "amqp:internal-error", description: "Something went wrong on the server" };
}
