import { AmqpWriter, DESCRIPTOR } from "@larimar/wire";
import { FRAME_TYPE } from "./frame-reader.ts";

/**
 * The frame header and performative of a whole message on one link: only the sizes and the delivery's
 * number differ from message to message.
 */
export class TransferTemplate {
  readonly isSettled: boolean;
  readonly #bytes: Uint8Array;
  readonly #idAt: number;
  readonly #tagAt: number;

  constructor(handle: number, isSettled: boolean) {
    this.isSettled = isSettled;
    const writer = new AmqpWriter();
    writer.uint32(0); // frame size
    writer.byte(2);
    writer.byte(FRAME_TYPE.amqp);
    writer.byte(0); // channel
    writer.byte(0);
    writer.described(DESCRIPTOR.transfer);
    const mark = writer.beginList();
    writer.uint(handle);
    writer.byte(0x70);
    this.#idAt = writer.at;
    writer.uint32(0);
    writer.byte(0xa0);
    writer.byte(4);
    this.#tagAt = writer.at;
    writer.uint32(0);
    writer.uint(0); // message-format
    writer.boolean(isSettled);
    writer.boolean(false); // more
    for (let i = 0; i < 5; i++) writer.null();
    writer.end(mark, 11);
    this.#bytes = writer.written.slice();
  }

  /** The bytes of a frame that come before its payload; no transfer frame of the link needs more. */
  get frameBytes(): number {
    return this.#bytes.length;
  }

  /** Delivery tags need only differ among the deliveries of a link that are under way. */
  static tagOf(deliveryId: number): Uint8Array {
    const tag = new Uint8Array(4);
    writeUint32(tag, 0, deliveryId);
    return tag;
  }

  write(
    target: Uint8Array,
    at: number,
    channel: number,
    deliveryId: number,
    frameBytes: number,
  ): void {
    target.set(this.#bytes, at);
    writeUint32(target, at, frameBytes);
    target[at + 6] = channel >>> 8;
    target[at + 7] = channel;
    writeUint32(target, at + this.#idAt, deliveryId);
    writeUint32(target, at + this.#tagAt, deliveryId);
  }
}

/** A typed array keeps the low eight bits of what it is given. */
function writeUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
