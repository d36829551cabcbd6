import type { EventBatch } from "@larimar/domain";
import { countBefore } from "../rows/records.ts";

export interface TailBatch extends EventBatch {
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
}

/** Every batch costs something, however small its records are. */
const BATCH_OVERHEAD_BYTES = 200;
const COMPACT_AT = 64;

/** The newest batches of a partition, without gaps. */
export class Tail {
  /** Those before `#head` are gone already. */
  #batches: (TailBatch | undefined)[] = [];
  #head = 0;
  bytes = 0;

  /** Undefined while the tail is empty. */
  get first(): TailBatch | undefined {
    return this.#batches[this.#head];
  }

  push(batch: TailBatch): void {
    const last = this.#batches.at(-1);
    // After a failure there may be events on disk that never came by here.
    if (last !== undefined && last.firstPosition + last.count !== batch.firstPosition) this.clear();
    this.#batches.push(batch);
    this.bytes += sizeOf(batch);
  }

  dropFirst(): void {
    const first = this.first;
    if (first === undefined) return;
    this.bytes -= sizeOf(first);
    this.#batches[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
  }

  dropBefore(position: number): void {
    while (this.first !== undefined && this.first.firstPosition + this.first.count <= position) {
      this.dropFirst();
    }
  }

  clear(): void {
    this.#batches = [];
    this.#head = 0;
    this.bytes = 0;
  }

  /** Undefined when the position is older than the tail, or newer. */
  read(fromPosition: number, bytesMax: number): readonly EventBatch[] | undefined {
    const first = this.first;
    if (first === undefined || fromPosition < first.firstPosition) return undefined;
    const found: EventBatch[] = [];
    let bytesLeft = bytesMax;
    const from = this.#search((batch) => batch.firstPosition + batch.count > fromPosition);
    for (let index = from; index < this.#batches.length; index += 1) {
      const batch = this.#batches[index]!;
      if (found.length > 0 && batch.records.length > bytesLeft) break;
      found.push(batch);
      bytesLeft -= batch.records.length;
    }
    return found.length === 0 ? undefined : found;
  }

  /** Undefined when the answer may be older than the tail, or newer. */
  positionAt(timeMs: number): number | undefined {
    const first = this.first;
    if (first === undefined || first.firstTimeMs >= timeMs) return undefined;
    const batch = this.#batches[this.#search(({ lastTimeMs }) => lastTimeMs >= timeMs)];
    return batch && batch.firstPosition + countBefore(batch.records, timeMs);
  }

  /** The index of the first batch for which the claim is true; it is true for all after that one. */
  #search(isAtOrAfter: (batch: TailBatch) => boolean): number {
    let low = this.#head;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAtOrAfter(this.#batches[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function sizeOf(batch: TailBatch): number {
  return batch.records.length + BATCH_OVERHEAD_BYTES;
}
