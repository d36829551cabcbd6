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
  readOutcome,
  writeBegin,
  writeDisposition,
  writeEnd,
  writeFlow,
} from "@larimar/wire";
import type { AmqpLimits } from "../amqp-limits.ts";
import { AmqpFault, decodeError } from "./amqp-fault.ts";
import type { FrameOutput } from "./frame-output.ts";
import { IncomingLink } from "./incoming-link.ts";
import type { TrackedMessage } from "./outgoing-link.ts";
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
  /** A link had to be detached. */
  readonly onFault: (error: AmqpFault) => void;
  readonly links: LinkCounter;
}

/** Links of all sessions of a connection. */
export interface LinkCounter {
  count: number;
}

/** A delivery whose outcome somebody waits for. */
interface Tracked {
  readonly link: OutgoingLink;
  readonly onOutcome: TrackedMessage["onOutcome"];
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
  /** By delivery id; bounded by whoever sends such messages. */
  readonly #tracked = new Map<number, Tracked>();
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

  /** True when the session is there for these links alone, and the connection for others too. */
  isOnlyFor(links: ReadonlySet<AnyLink>): boolean {
    const own = [...this.#links.values()];
    return this.#parts.links.count > own.length && own.every((link) => links.has(link));
  }

  nextDeliveryId(): number {
    const id = this.#nextDeliveryId;
    this.#nextDeliveryId = advance(id);
    return id;
  }

  /** Remembers a delivery until the client has said what became of it, or its link has ended. */
  track(deliveryId: number, tracked: Tracked): void {
    this.#tracked.set(deliveryId, tracked);
    tracked.link.onDetached(() => {
      if (this.#tracked.delete(deliveryId)) void tracked.onOutcome(undefined);
    });
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
      const fault = linkFaultOf(error);
      this.#parts.onFault(fault);
      link.detach(fault.fields);
    }
    if (this.#incomingWindow > this.limits.sessionWindow / 2) return;
    this.#incomingWindow = this.limits.sessionWindow;
    this.writeFlow();
  }

  handleDisposition(disposition: DispositionPerformative): void {
    const { isReceiver, first, last, isSettled, state } = disposition;
    if (!isReceiver) return;
    const outcome = state && readOutcome(state);
    let isTracked = false;
    for (const [deliveryId, { onOutcome }] of this.#tracked) {
      if (distance(first, deliveryId) < 0 || distance(deliveryId, last) < 0) continue;
      isTracked = true;
      // A state that ends nothing, on a delivery that is not settled, changes nothing.
      if (outcome === undefined && !isSettled) continue;
      this.#tracked.delete(deliveryId);
      void this.#conclude(deliveryId, onOutcome(outcome ?? "accepted"), isSettled);
    }
    // What a receiver made of an event is its own affair; one that wants to hear that we know is told.
    if (!isTracked && !isSettled) this.#confirm(first, last, ACCEPTED);
  }

  async #conclude(deliveryId: number, answer: Promise<Uint8Array>, isSettled: boolean) {
    const state = await answer;
    if (!isSettled) this.#confirm(deliveryId, deliveryId, state);
  }

  #confirm(first: number, last: number, state: Uint8Array): void {
    this.write((writer) =>
      writeDisposition(writer, { isReceiver: false, first, last, isSettled: true, state }),
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

/** Throws what is no fault of the link alone. */
function linkFaultOf(error: unknown): AmqpFault {
  if (error instanceof AmqpFault && error.scope === "link") return error;
  if (!(error instanceof AmqpDecodeError)) throw error;
  const { condition, description = "" } = decodeError(error);
  return new AmqpFault("link", condition, description);
}
