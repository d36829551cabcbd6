import type { AttachPerformative, TransferPerformative } from "@larimar/wire";
import { ACCEPTED } from "@larimar/wire";
import { AmqpFault } from "./amqp-fault.ts";
import type { AmqpSession } from "./amqp-session.ts";
import { Link } from "./link.ts";
import { advance } from "./serial-number.ts";

/** A message that has arrived whole. */
export interface Delivery {
  readonly id: number;
  readonly messageFormat: number;
  readonly payload: Uint8Array;
  /** The client wants no outcome. */
  readonly isSettled: boolean;
}

/** Takes each delivery and settles it sooner or later. Throws `AmqpFault` or `AmqpDecodeError`. */
export type DeliveryHandler = (delivery: Delivery) => void;

interface PartialDelivery {
  readonly id: number;
  readonly messageFormat: number;
  readonly payloads: Uint8Array[];
  bytes: number;
  isSettled: boolean;
}

/** A link on which the client sends. */
export class IncomingLink extends Link {
  #handler: DeliveryHandler | undefined;
  #credit = 0;
  #deliveryCount: number;
  #partial: PartialDelivery | undefined;
  /** Deliveries that are done with, for which no new credit has been given yet. */
  #settledCount = 0;

  constructor(session: AmqpSession, attach: AttachPerformative, handle: number) {
    super(session, attach, handle);
    this.#deliveryCount = attach.initialDeliveryCount;
  }

  /** Set before the link is accepted. */
  set handler(handler: DeliveryHandler) {
    this.#handler = handler;
  }

  handleTransfer(transfer: TransferPerformative, payload: Uint8Array): void {
    // [AMQP 1.0 2.6.12] What was under way when we detached is dropped.
    if (!this.isAttached) return;
    const partial = this.#partial ?? this.#begin(transfer);
    if (transfer.deliveryId !== undefined && transfer.deliveryId !== partial.id) {
      throw new AmqpFault(
        "link",
        "amqp:not-allowed",
        "A delivery begins before the last one ended",
      );
    }
    if (transfer.isAborted) {
      this.#partial = undefined;
      this.#release();
      return;
    }
    partial.bytes += payload.length;
    if (partial.bytes > this.session.limits.messageBytesMax) {
      throw new AmqpFault(
        "link",
        "amqp:link:message-size-exceeded",
        `A message exceeds ${this.session.limits.messageBytesMax} bytes`,
      );
    }
    partial.payloads.push(payload);
    partial.isSettled ||= transfer.isSettled;
    this.#partial = transfer.hasMore ? partial : undefined;
    if (!transfer.hasMore) this.#deliver(partial);
  }

  /** Tells the client how a delivery ended, unless it did not ask, and lets it send the next one. */
  settle(delivery: Delivery, state: Uint8Array = ACCEPTED): void {
    if (this.isOver) return;
    if (!delivery.isSettled) this.session.settle(delivery.id, state);
    this.#release();
  }

  handleFlow(): void {
    // A sender tells how much it has; how much it may send is our decision alone.
  }

  /** Answers a client that wants to know where it stands. */
  writeFlow(): void {
    this.session.writeFlow({
      handle: this.handle,
      deliveryCount: this.#deliveryCount,
      linkCredit: this.#credit,
      isDraining: false,
    });
  }

  protected get isReceiving(): boolean {
    return true;
  }

  protected onAccepted(): void {
    this.#credit = this.session.limits.linkCredit;
    this.writeFlow();
  }

  #begin(transfer: TransferPerformative): PartialDelivery {
    if (transfer.deliveryId === undefined) {
      throw new AmqpFault("link", "amqp:invalid-field", "A delivery has no id");
    }
    if (this.#credit === 0) {
      throw new AmqpFault("link", "amqp:link:transfer-limit-exceeded", "A transfer has no credit");
    }
    this.#credit -= 1;
    this.#deliveryCount = advance(this.#deliveryCount);
    return {
      id: transfer.deliveryId,
      messageFormat: transfer.messageFormat ?? 0,
      payloads: [],
      bytes: 0,
      isSettled: false,
    };
  }

  #deliver({ id, messageFormat, payloads, isSettled }: PartialDelivery): void {
    const [first] = payloads;
    const payload = payloads.length === 1 && first !== undefined ? first : Buffer.concat(payloads);
    this.#handler?.({ id, messageFormat, payload, isSettled });
  }

  /** New credit goes out in helpings, well before the client has none left. */
  #release(): void {
    this.#settledCount += 1;
    if (this.#settledCount < this.session.limits.linkCredit / 2 || !this.isAttached) return;
    this.#credit += this.#settledCount;
    this.#settledCount = 0;
    this.writeFlow();
  }
}
