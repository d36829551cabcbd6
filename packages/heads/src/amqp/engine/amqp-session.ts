import type {
  AmqpErrorFields,
  AmqpWriter,
  AttachPerformative,
  BeginPerformative,
  DetachPerformative,
  DispositionPerformative,
  FlowFields,
  FlowPerformative,
  TransferPerformative,
} from "@larimar/wire";
import {
  ACCEPTED,
  AmqpDecodeError,
  writeBegin,
  writeDisposition,
  writeEnd,
  writeFlow,
} from "@larimar/wire";
import type { AmqpLimits } from "../amqp-limits.ts";
import { AmqpFault, decodeError } from "./amqp-fault.ts";
import type { FrameOutput } from "./frame-output.ts";
import { IncomingLink } from "./incoming-link.ts";
import { OutgoingLink } from "./outgoing-link.ts";
import type { SendScheduler } from "./send-scheduler.ts";
import { advance, distance } from "./serial-number.ts";

export type AnyLink = IncomingLink | OutgoingLink;

export interface AmqpSessionParts {
  readonly output: FrameOutput;
  readonly scheduler: SendScheduler;
  readonly limits: AmqpLimits;
  /** The largest frame we may send. */
  readonly peerFrameBytesMax: number;
  readonly onAttach: (link: AnyLink) => void;
  readonly links: LinkCounter;
}

/** Links of all sessions of a connection. */
export interface LinkCounter {
  count: number;
}

const FIRST_OUTGOING_ID = 1;
const OUTGOING_WINDOW = 0xffff_ffff;

/** A session that the client has begun: windows, handles, deliveries. [AMQP 1.0 2.5] */
export class AmqpSession {
  /** Our channel; the client has its own. */
  readonly channel: number;
  readonly limits: AmqpLimits;
  readonly output: FrameOutput;
  readonly scheduler: SendScheduler;
  readonly peerFrameBytesMax: number;
  readonly #parts: AmqpSessionParts;
  /** By the client's handle. */
  readonly #links = new Map<number, AnyLink>();
  readonly #freeHandles: number[] = [];
  #handlesInUse = 0;
  #nextOutgoingId = FIRST_OUTGOING_ID;
  #nextDeliveryId = 0;
  #peerWindow: number;
  #nextIncomingId: number;
  #incomingWindow: number;
  #isEnding = false;

  constructor(
    channel: number,
    remoteChannel: number,
    begin: BeginPerformative,
    parts: AmqpSessionParts,
  ) {
    this.channel = channel;
    this.#parts = parts;
    this.limits = parts.limits;
    this.output = parts.output;
    this.scheduler = parts.scheduler;
    this.peerFrameBytesMax = parts.peerFrameBytesMax;
    this.#peerWindow = begin.incomingWindow;
    this.#nextIncomingId = begin.nextOutgoingId;
    this.#incomingWindow = parts.limits.sessionWindow;
    this.write((writer) =>
      writeBegin(writer, {
        remoteChannel,
        nextOutgoingId: this.#nextOutgoingId,
        incomingWindow: this.#incomingWindow,
        outgoingWindow: OUTGOING_WINDOW,
        handleMax: parts.limits.handleMax,
      }),
    );
  }

  /** True once we have ended the session and wait for the client to follow. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get hasWindow(): boolean {
    return this.#peerWindow > 0;
  }

  nextDeliveryId(): number {
    const id = this.#nextDeliveryId;
    this.#nextDeliveryId = advance(id);
    return id;
  }

  countTransfer(): void {
    this.#nextOutgoingId = advance(this.#nextOutgoingId);
    this.#peerWindow -= 1;
  }

  write(writeBody: (writer: AmqpWriter) => void): void {
    if (!this.#isEnding) this.output.frame(this.channel, writeBody);
  }

  writeFlow(link?: FlowFields["link"]): void {
    const flow = {
      nextIncomingId: this.#nextIncomingId,
      incomingWindow: this.#incomingWindow,
      nextOutgoingId: this.#nextOutgoingId,
      outgoingWindow: OUTGOING_WINDOW,
    };
    this.write((writer) => writeFlow(writer, link === undefined ? flow : { ...flow, link }));
  }

  settle(deliveryId: number, state: Uint8Array): void {
    this.write((writer) =>
      writeDisposition(writer, {
        isReceiver: true,
        first: deliveryId,
        last: deliveryId,
        isSettled: true,
        state,
      }),
    );
  }

  /** Ends the session and everything on it. */
  end(error: AmqpErrorFields): void {
    if (this.#isEnding) return;
    this.write((writer) => writeEnd(writer, error));
    this.#isEnding = true;
    this.lose();
  }

  /** The client has ended the session. */
  handleEnd(): void {
    this.lose();
    this.write((writer) => writeEnd(writer, undefined));
    this.#isEnding = true;
  }

  lose(): void {
    for (const link of this.#links.values()) {
      link.lose();
      this.#parts.links.count -= 1;
    }
    this.#links.clear();
  }

  handleAttach(attach: AttachPerformative): void {
    if (attach.handle > this.limits.handleMax) {
      throw new AmqpFault("connection", "amqp:connection:framing-error", "A handle is too high");
    }
    if (this.#links.has(attach.handle)) {
      throw new AmqpFault("session", "amqp:session:handle-in-use", "A handle is in use already");
    }
    const handle = this.#freeHandles.pop() ?? this.#handlesInUse++;
    const link = attach.isReceiver
      ? new OutgoingLink(this, attach, handle)
      : new IncomingLink(this, attach, handle);
    this.#links.set(attach.handle, link);
    this.#parts.links.count += 1;
    if (this.#parts.links.count > this.limits.linksMax) {
      link.refuse({
        condition: "amqp:resource-limit-exceeded",
        description: `A connection has at most ${this.limits.linksMax} links`,
      });
    } else {
      this.#parts.onAttach(link);
    }
  }

  handleDetach({ handle }: DetachPerformative): void {
    const link = this.#linkOf(handle);
    this.#links.delete(handle);
    this.#freeHandles.push(link.handle);
    this.#parts.links.count -= 1;
    link.handleDetach();
  }

  handleFlow(flow: FlowPerformative): void {
    // [AMQP 1.0 2.5.6] Without an id, the client has not seen our begin yet.
    const nextIncomingId = flow.nextIncomingId ?? FIRST_OUTGOING_ID;
    const inFlight = distance(nextIncomingId, this.#nextOutgoingId);
    const wasStopped = this.#peerWindow === 0;
    this.#peerWindow = Math.max(flow.incomingWindow - Math.max(inFlight, 0), 0);
    const link = flow.handle === undefined ? undefined : this.#linkOf(flow.handle);
    link?.handleFlow(flow);
    if (wasStopped && this.#peerWindow > 0) this.#wakeLinks();
    if (!flow.wantsEcho) return;
    if (link === undefined) this.writeFlow();
    else if (link.isAttached) link.writeFlow();
  }

  handleTransfer(transfer: TransferPerformative, payload: Uint8Array): void {
    this.#nextIncomingId = advance(this.#nextIncomingId);
    this.#incomingWindow -= 1;
    if (this.#incomingWindow < 0) {
      throw new AmqpFault("session", "amqp:session:window-violation", "A transfer has no window");
    }
    const link = this.#linkOf(transfer.handle);
    if (!(link instanceof IncomingLink)) {
      throw new AmqpFault("session", "amqp:not-allowed", "A transfer came on a link to receive on");
    }
    try {
      link.handleTransfer(transfer, payload);
    } catch (error) {
      if (error instanceof AmqpFault && error.scope === "link") link.detach(error.fields);
      else if (error instanceof AmqpDecodeError) link.detach(decodeError(error));
      else throw error;
    }
    if (this.#incomingWindow > this.limits.sessionWindow / 2) return;
    this.#incomingWindow = this.limits.sessionWindow;
    this.writeFlow();
  }

  handleDisposition(disposition: DispositionPerformative): void {
    const { isReceiver, first, last, isSettled } = disposition;
    // What a receiver made of an event is its own affair; one that wants to hear that we know is told.
    if (!isReceiver || isSettled) return;
    this.write((writer) =>
      writeDisposition(writer, {
        isReceiver: false,
        first,
        last,
        isSettled: true,
        state: ACCEPTED,
      }),
    );
  }

  /** After all of them were stopped by the window, whatever their credit. */
  #wakeLinks(): void {
    for (const link of this.#links.values()) {
      if (link instanceof OutgoingLink) link.wake();
    }
  }

  #linkOf(handle: number): AnyLink {
    const link = this.#links.get(handle);
    if (link !== undefined) return link;
    throw new AmqpFault("session", "amqp:session:unattached-handle", "A handle is not attached");
  }
}
