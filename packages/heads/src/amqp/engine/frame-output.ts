import type { Duplex } from "node:stream";
import { AmqpWriter } from "@larimar/wire";
import type { ChunkPool } from "./chunk-pool.ts";
import { FRAME_TYPE } from "./frame-reader.ts";

/** For connections that say little. */
const SMALL_CHUNK_BYTES = 512;
/** Who says more than this in one go is likely to go on. */
const MUCH_BYTES = 8192;

export interface FrameOutputParts {
  readonly stream: Duplex;
  readonly pool: ChunkPool;
  readonly unwrittenBytesMax: number;
  readonly onFlush: () => void;
  /** The output has room again. */
  readonly onWritable: () => void;
}

/**
 * Collects frames and writes everything that was said in one go with one call. It never refuses a frame:
 * whoever has much to send asks `isFull` first.
 */
export class FrameOutput {
  writer: AmqpWriter;
  readonly #parts: FrameOutputParts;
  #isScheduled = false;
  #isClosed = false;

  constructor(parts: FrameOutputParts) {
    this.#parts = parts;
    this.writer = new AmqpWriter(SMALL_CHUNK_BYTES);
    parts.stream.on("drain", parts.onWritable);
  }

  /** What has been said and not yet left this process. */
  get unwrittenBytes(): number {
    return this.writer.at + this.#parts.stream.writableLength;
  }

  get isFull(): boolean {
    return this.unwrittenBytes >= this.#parts.unwrittenBytesMax;
  }

  raw(bytes: Uint8Array): void {
    this.writer.raw(bytes);
    this.scheduleFlush();
  }

  frame(channel: number, writeBody: (writer: AmqpWriter) => void): void {
    const { writer } = this;
    const start = writer.at;
    writer.uint32(0);
    writer.byte(2); // data offset, in words
    writer.byte(FRAME_TYPE.amqp);
    writer.byte(channel >>> 8);
    writer.byte(channel & 0xff);
    writeBody(writer);
    writer.uint32At(start, writer.at - start);
    this.scheduleFlush();
  }

  /** Everything written until the current work is done goes out together. */
  scheduleFlush(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.flush());
  }

  flush(): void {
    this.#isScheduled = false;
    const { writer } = this;
    if (writer.at === 0 || this.#isClosed) return;
    const { stream, pool, onFlush, onWritable } = this.#parts;
    const memory = writer.bytes;
    const chunk = Buffer.from(memory.buffer, memory.byteOffset, writer.at);
    this.writer = new AmqpWriter(writer.at > MUCH_BYTES ? pool.take() : SMALL_CHUNK_BYTES);
    onFlush();
    // The memory is the stream's until it says that the chunk is written.
    const canTakeMore = stream.write(chunk, () => pool.give(memory));
    // Below its high-water mark a stream never says "drain".
    if (canTakeMore) onWritable();
  }

  /** What is still to be said goes out; whatever is said after that does not. */
  end(): void {
    this.flush();
    this.#isClosed = true;
    this.#parts.stream.end();
  }
}
