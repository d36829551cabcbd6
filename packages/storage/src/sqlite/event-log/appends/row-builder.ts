import type { Append } from "@larimar/domain";
import type { BufferPool } from "./buffer-pool.ts";
import { needsEarlierRecord, recordEnd, viewOf } from "../rows/records.ts";

/** Records in a row that has no position yet: that is decided when it is sent to the disk. */
export interface BuiltRow {
  readonly count: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

/** Collects what is appended to a partition until the disk is ready for it. */
export class RowBuilder {
  readonly #pool: BufferPool;
  readonly #rowBytesMax: number;
  #rows: BuiltRow[] = [];
  #target: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #count = 0;
  #firstTimeMs = 0;
  #lastTimeMs = 0;
  /** What the last row needed is a good guess for the next. */
  #expectedBytes = 0;

  constructor(pool: BufferPool, rowBytesMax: number) {
    this.#pool = pool;
    this.#rowBytesMax = rowBytesMax;
  }

  add(entry: Append, nowMs: number): void {
    const { bytes, count } = entry;
    const target = this.#reserve(bytes);
    entry.write(target, this.#used, nowMs);
    if (this.#count === 0) this.#firstTimeMs = nowMs;
    this.#lastTimeMs = nowMs;
    this.#count += count;
    this.#used += bytes;
    if (this.#used > this.#rowBytesMax) this.#splitLargeEntry(target);
  }

  /** Hands over what was collected and starts anew. */
  take(): readonly BuiltRow[] {
    this.#finishRow();
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  discard(): void {
    for (const buffer of new Set(this.take().map((row) => row.buffer))) this.#pool.giveBack(buffer);
  }

  #reserve(bytes: number): Uint8Array<ArrayBuffer> {
    const wanted = this.#used + bytes;
    if (
      this.#target !== undefined &&
      wanted <= this.#target.length &&
      wanted <= this.#rowBytesMax
    ) {
      return this.#target;
    }
    if (this.#count > 0 && wanted > this.#rowBytesMax) this.#finishRow();
    return this.#grow(this.#used + bytes);
  }

  #grow(bytes: number): Uint8Array<ArrayBuffer> {
    const previous = this.#target;
    const target = new Uint8Array(this.#pool.take(Math.max(bytes, this.#expectedBytes)));
    if (previous !== undefined) {
      target.set(previous.subarray(0, this.#used));
      this.#pool.giveBack(previous.buffer);
    }
    this.#target = target;
    return target;
  }

  #finishRow(): void {
    if (this.#target === undefined) return;
    if (this.#count === 0) this.#pool.giveBack(this.#target.buffer);
    else this.#pushRow(this.#target.buffer, 0, this.#used, this.#count);
    this.#expectedBytes = Math.min(this.#used, this.#rowBytesMax);
    this.#startRow();
  }

  #startRow(): void {
    this.#target = undefined;
    this.#used = 0;
    this.#count = 0;
  }

  #pushRow(buffer: ArrayBuffer, offset: number, length: number, count: number): void {
    const [firstTimeMs, lastTimeMs] = [this.#firstTimeMs, this.#lastTimeMs];
    this.#rows.push({ count, firstTimeMs, lastTimeMs, buffer, offset, length });
  }

  /**
   * One entry larger than a row, alone in its buffer: cut between records, all of the same time. A row may be
   * longer by as much as records refer back.
   */
  #splitLargeEntry(target: Uint8Array<ArrayBuffer>): void {
    const records = target.subarray(0, this.#used);
    const view = viewOf(records);
    let from = 0;
    let count = 0;
    for (let at = 0; at < records.length;) {
      const end = recordEnd(view, at);
      const isFull = count > 0 && end - from > this.#rowBytesMax;
      if (isFull && !needsEarlierRecord(view, at)) {
        this.#pushRow(target.buffer, from, at - from, count);
        from = at;
        count = 0;
      }
      count += 1;
      at = end;
    }
    this.#pushRow(target.buffer, from, records.length - from, count);
    this.#startRow();
  }
}
