/** Room for a connection's turn and the frame that ends it. */
const CHUNK_BYTES = 131_072;

/** Kept for the next one who needs it; more are left to the garbage collector. */
const FREE_CHUNKS_MAX = 32;

/**
 * Memory for connections that send much, used over and over: allocating it anew costs more than filling it
 * with events.
 */
export class ChunkPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(CHUNK_BYTES);
  }

  /** Takes back what nobody reads or writes any more. Memory that came from elsewhere is not kept. */
  give(chunk: Uint8Array): void {
    if (chunk.length !== CHUNK_BYTES || this.#free.length >= FREE_CHUNKS_MAX) return;
    this.#free.push(chunk);
  }
}
