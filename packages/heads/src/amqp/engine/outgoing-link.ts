import type { AttachPerformative, FlowPerformative, Outcome } from "@larimar/wire";
import { writeTransfer } from "@larimar/wire";
import type { AmqpSession } from "./amqp-session.ts";
import { Link } from "./link.ts";
import type { Sender } from "./send-scheduler.ts";
import { advance } from "./serial-number.ts";
import { TransferTemplate } from "./transfer-template.ts";

/** A message body that writes itself into a frame. */
export interface Payload {
  readonly bytes: number;
  write(target: Uint8Array, at: number): void;
}

/** Sends what it has while `canSend`, up to about so many bytes; says whether it has more to send. */
export type SendHandler = (link: OutgoingLink, budgetBytes: number) => boolean;

/** A message whose outcome matters: a lock token is its tag. */
export interface TrackedMessage {
  readonly payload: Uint8Array;
  readonly tag: Uint8Array;
  /**
   * Called once: with what the client made of it, or with undefined when the link has ended before. What it
   * returns is told to a client that waits to hear that the server knows.
   */
  readonly onOutcome: (outcome: Outcome | undefined) => Promise<Uint8Array>;
}

/** A message of which some frames are still to be sent. */
interface Remainder {
  readonly payload: Uint8Array;
  readonly tag: Uint8Array;
  readonly deliveryId: number;
  readonly isSettled: boolean;
  at: number;
}

const SETTLE_MODE_UNSETTLED = 0;
const SETTLE_MODE_SETTLED = 1;

/** A link on which the client receives. */
export class OutgoingLink extends Link implements Sender {
  readonly #template: TransferTemplate;
  #handler: SendHandler | undefined;
  #credit = 0;
  #deliveryCount = 0;
  #isDraining = false;
  #remainder: Remainder | undefined;

  constructor(session: AmqpSession, attach: AttachPerformative, handle: number) {
    super(session, attach, handle);
    // A client that leaves the choice to us need not settle anything.
    const isSettled = attach.senderSettleMode !== SETTLE_MODE_UNSETTLED;
    this.#template = new TransferTemplate(handle, isSettled);
  }

  /** Set before the link is accepted. */
  set handler(handler: SendHandler) {
    this.#handler = handler;
  }

  /** The client wants what there is now, and then its credit back. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** True when the client waits for messages: as far as it is concerned, the next one may go out. */
  get isWanted(): boolean {
    return (
      this.#credit > 0 && this.isAttached && this.#remainder === undefined && this.session.hasWindow
    );
  }

  /** True when the next message may go out now. */
  get canSend(): boolean {
    return this.isWanted && !this.session.output.isFull;
  }

  /** There may be something to send: asks the handler when it is this link's turn. */
  wake(): void {
    if (this.isAttached) this.session.scheduler.wake(this);
  }

  /** Sends one message; only while `canSend`. */
  send(payload: Payload): void {
    const deliveryId = this.session.nextDeliveryId();
    this.#credit -= 1;
    this.#deliveryCount = advance(this.#deliveryCount);
    const frameBytes = this.#template.frameBytes + payload.bytes;
    if (frameBytes <= this.session.peerFrameBytesMax) {
      const { output } = this.session;
      const { writer } = output;
      writer.ensure(frameBytes);
      this.#template.write(writer.bytes, writer.at, this.session.channel, deliveryId, frameBytes);
      payload.write(writer.bytes, writer.at + this.#template.frameBytes);
      writer.at += frameBytes;
      output.scheduleFlush();
      this.session.countTransfer();
      return;
    }
    const whole = new Uint8Array(payload.bytes);
    payload.write(whole, 0);
    const { isSettled } = this.#template;
    const tag = TransferTemplate.tagOf(deliveryId);
    this.#remainder = { payload: whole, tag, deliveryId, isSettled, at: 0 };
    this.#sendRemainder();
  }

  /** Sends one message and waits for what the client makes of it; only while `canSend`. */
  sendTracked({ payload, tag, onOutcome }: TrackedMessage): void {
    const deliveryId = this.session.nextDeliveryId();
    this.#credit -= 1;
    this.#deliveryCount = advance(this.#deliveryCount);
    // A client that wants everything settled has no say in what becomes of it.
    const isSettled = this.attach.senderSettleMode === SETTLE_MODE_SETTLED;
    if (isSettled) void onOutcome("accepted");
    else this.session.track(deliveryId, { link: this, onOutcome });
    this.#remainder = { payload, tag, deliveryId, isSettled, at: 0 };
    this.#sendRemainder();
  }

  /** Called by the scheduler. */
  takeTurn(budgetBytes: number): boolean {
    if (this.#remainder !== undefined) this.#sendRemainder();
    if (!this.isAttached || this.#remainder !== undefined || this.#handler === undefined) {
      return false;
    }
    const hasMore = this.#handler(this, budgetBytes);
    // All credit is used up: that, too, is an answer to a drain.
    if (this.#credit === 0) this.finishDrain();
    return hasMore;
  }

  /** The client gets its credit back: there is nothing more for it now. */
  finishDrain(): void {
    if (!this.#isDraining) return;
    this.#deliveryCount = advance(this.#deliveryCount, this.#credit);
    this.#credit = 0;
    this.writeFlow();
    this.#isDraining = false;
  }

  handleFlow(flow: FlowPerformative): void {
    if (flow.linkCredit === undefined) return;
    // What is under way when the client writes counts against the credit it gives. Its count of
    // deliveries may be missing, before the first one has reached it. [AMQP 1.0 2.6.7]
    const inFlight = (this.#deliveryCount - (flow.deliveryCount ?? 0)) >>> 0;
    this.#credit = Math.max(flow.linkCredit - inFlight, 0);
    this.#isDraining = flow.isDraining;
    this.wake();
  }

  writeFlow(): void {
    this.session.writeFlow({
      handle: this.handle,
      deliveryCount: this.#deliveryCount,
      linkCredit: this.#credit,
      isDraining: this.#isDraining,
    });
  }

  protected get isReceiving(): boolean {
    return false;
  }

  /** Clients may give credit before they have our answer. */
  protected onAccepted(): void {
    this.wake();
  }

  /** As many frames of a large message as the session's window allows. */
  #sendRemainder(): void {
    const remainder = this.#remainder;
    if (remainder === undefined) return;
    const { payload, tag, deliveryId, isSettled } = remainder;
    const pieceBytes = this.session.peerFrameBytesMax - this.#template.frameBytes;
    while (remainder.at < payload.length && this.session.hasWindow) {
      const end = Math.min(remainder.at + pieceBytes, payload.length);
      const piece = payload.subarray(remainder.at, end);
      remainder.at = end;
      this.session.write((writer) => {
        writeTransfer(writer, {
          handle: this.handle,
          deliveryId,
          deliveryTag: tag,
          messageFormat: 0,
          isSettled,
          hasMore: end < payload.length,
        });
        writer.raw(piece);
      });
      this.session.countTransfer();
    }
    if (remainder.at === payload.length) this.#remainder = undefined;
  }
}
