const BUFFER_BYTES_MIN = 16 * 1024;
const GROWTH = 4;

/** Buffers for records on their way to the disk, used again and again; keeps no more than its limit. */
export class BufferPool {
  readonly #bytesMax: number;
  readonly #free = new Map<number, ArrayBuffer[]>();
  #freeBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A buffer of at least so many bytes. */
  take(bytes: number): ArrayBuffer {
    let size = BUFFER_BYTES_MIN;
    while (size < bytes) size *= GROWTH;
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return new ArrayBuffer(size);
    this.#freeBytes -= size;
    return buffer;
  }

  giveBack(buffer: ArrayBuffer): void {
    const size = buffer.byteLength;
    if (this.#freeBytes + size > this.#bytesMax) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
    this.#freeBytes += size;
  }
}
