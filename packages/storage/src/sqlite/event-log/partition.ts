import type { PartitionState } from "@larimar/domain";
import type { Listeners } from "./reads/listeners.ts";
import type { RowBuilder } from "./appends/row-builder.ts";
import { Tail } from "./reads/tail.ts";
import type { RowToWrite, StoredPartition } from "./writer-thread/writer-calls.ts";

/** Somebody who has read counts as watching for so long. */
const WATCH_MS = 10_000;

/** What the main thread knows of a partition: what waits for the disk, what is there, who listens. */
export class Partition {
  readonly id: number;
  readonly builder: RowBuilder;
  readonly listeners: Listeners;
  readonly tail = new Tail();
  /** The time of the last append, on disk or not: the next one is not earlier. */
  latestMs: number;
  /** When somebody last asked for events. */
  lastReadAtMs = Number.NEGATIVE_INFINITY;
  #stored: StoredPartition;

  constructor(stored: StoredPartition, parts: { builder: RowBuilder; listeners: Listeners }) {
    this.id = stored.id;
    this.builder = parts.builder;
    this.listeners = parts.listeners;
    this.latestMs = stored.lastTimeMs;
    this.#stored = stored;
  }

  get firstPosition(): number {
    return this.#stored.firstPosition;
  }

  get nextPosition(): number {
    return this.#stored.nextPosition;
  }

  get state(): PartitionState {
    const { firstPosition, nextPosition, lastTimeMs } = this.#stored;
    return { firstPosition, lastPosition: nextPosition - 1, lastEnqueuedAtMs: lastTimeMs };
  }

  /** What the database says after its worker was started anew. True if there are events it did not tell of. */
  restore(stored: StoredPartition): boolean {
    const hasMore = stored.nextPosition > this.nextPosition;
    this.#stored = stored;
    this.latestMs = Math.max(this.latestMs, stored.lastTimeMs);
    this.tail.dropBefore(stored.firstPosition);
    return hasMore;
  }

  advance({ firstPosition, count, lastTimeMs }: RowToWrite): void {
    this.#stored = { ...this.#stored, nextPosition: firstPosition + count, lastTimeMs };
  }

  /** True while somebody listens, or is likely to come back for more. */
  isWatched(nowMs: number): boolean {
    return !this.listeners.isEmpty || nowMs - this.lastReadAtMs < WATCH_MS;
  }

  moveFirst(firstPosition: number): void {
    this.#stored = { ...this.#stored, firstPosition };
    this.tail.dropBefore(firstPosition);
  }
}
