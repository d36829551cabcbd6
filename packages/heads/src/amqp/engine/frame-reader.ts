import { AmqpFault } from "./amqp-fault.ts";

export const FRAME_TYPE = { amqp: 0x00, sasl: 0x01 } as const;

export interface Frame {
  readonly type: number;
  readonly channel: number;
  /** Whatever the frame was read with; valid until the next read. */
  readonly bytes: Buffer;
  readonly bodyAt: number;
  readonly end: number;
}

const SIZE_BYTES = 4;
const HEADER_BYTES = 8;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts what a socket brings into frames. Frames that arrive whole are not copied; of one that does not, no
 * more is kept than its own bytes. [AMQP 1.0 2.3.1]
 */
export class FrameReader {
  /** The chunk in hand, and where what has not been taken begins. */
  #chunk: Buffer = NOTHING;
  #at = 0;
  /** A frame that is still arriving, and how much of it is there. */
  #frame: Buffer | undefined;
  #filled = 0;

  push(chunk: Buffer): void {
    const left = this.#chunk.length - this.#at;
    this.#chunk = left === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  get pendingBytes(): number {
    return this.#filled + this.#chunk.length - this.#at;
  }

  /** The next bytes, as far as they are there, without taking them. */
  peek(length: number): Buffer {
    return this.#chunk.subarray(this.#at, this.#at + length);
  }

  take(length: number): void {
    this.#at += length;
  }

  /** Throws `AmqpFault` for a size that cannot be. */
  next(frameBytesMax: number): Frame | undefined {
    if (this.#frame !== undefined) return this.#continue(this.#frame);
    const available = this.#chunk.length - this.#at;
    if (available < SIZE_BYTES) return this.#wait();
    const size = this.#chunk.readUInt32BE(this.#at);
    if (size < HEADER_BYTES || size > frameBytesMax) {
      throw new AmqpFault(
        "connection",
        "amqp:connection:framing-error",
        size < HEADER_BYTES ? "A frame is shorter than its header" : "A frame is too large",
      );
    }
    if (available >= size) {
      const start = this.#at;
      this.#at += size;
      return readFrame(this.#chunk, start, start + size);
    }
    this.#frame = Buffer.allocUnsafe(size);
    this.#filled = 0;
    return this.#continue(this.#frame);
  }

  #continue(frame: Buffer): Frame | undefined {
    const copied = this.#chunk.copy(frame, this.#filled, this.#at);
    this.#at += copied;
    this.#filled += copied;
    if (this.#filled < frame.length) return this.#wait();
    this.#frame = undefined;
    this.#filled = 0;
    return readFrame(frame, 0, frame.length);
  }

  /** A large chunk is not kept for the sake of its last bytes. */
  #wait(): undefined {
    this.#chunk =
      this.#at === this.#chunk.length ? NOTHING : Buffer.from(this.#chunk.subarray(this.#at));
    this.#at = 0;
    return undefined;
  }
}

function readFrame(bytes: Buffer, start: number, end: number): Frame {
  const bodyAt = start + bytes[start + 4]! * 4;
  if (bodyAt < start + HEADER_BYTES || bodyAt > end) {
    throw new AmqpFault(
      "connection",
      "amqp:connection:framing-error",
      "A frame's data offset is outside of the frame",
    );
  }
  return {
    type: bytes[start + 5]!,
    channel: bytes.readUInt16BE(start + 6),
    bytes,
    bodyAt,
    end,
  };
}
