import type { Message, MessageProperties } from "@larimar/domain";

/** The telemetry of one read, on its way into the hub in one call. */
export class PublishBatch {
  messages: Message[] = [];
  /** One for each message; 0 for QoS 0, which is not acknowledged. */
  packetIds: number[] = [];
  bytes = 0;
  /** What was read last, taken apart: asking the array for its memory costs more than everything else here. */
  #read: Uint8Array | undefined;
  #memory: ArrayBufferLike = NO_MEMORY;
  #offset = 0;

  /** The body stays where it was read, from `start` to `end`. */
  add(
    properties: MessageProperties,
    packetId: number,
    read: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (read !== this.#read) {
      this.#read = read;
      this.#memory = read.buffer;
      this.#offset = read.byteOffset;
    }
    const bodyBytes = end - start;
    const body = new Uint8Array(this.#memory, this.#offset + start, bodyBytes);
    this.messages.push({ properties, body });
    this.packetIds.push(packetId);
    this.bytes += properties.sizeBytes + bodyBytes;
  }

  clear(): void {
    this.messages = [];
    this.packetIds = [];
    this.bytes = 0;
    this.#read = undefined;
    this.#memory = NO_MEMORY;
  }
}

const NO_MEMORY = new ArrayBuffer(0);
