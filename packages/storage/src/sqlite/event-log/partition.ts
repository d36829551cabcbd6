import type { PartitionState } from "@larimar/domain";
import type { Listeners } from "./listeners.ts";
import type { RowBuilder } from "./row-builder.ts";
import { Tail, type TailBatch } from "./tail.ts";
import type { StoredPartition } from "./worker-calls.ts";

/** What the main thread knows of a partition: what waits for the disk, what is there, who listens. */
export class Partition {
  readonly id: number;
  readonly builder: RowBuilder;
  readonly listeners: Listeners;
  readonly tail = new Tail();
  /** The time of the last append, on disk or not: the next one is not earlier. */
  latestMs: number;
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

  advance(batch: TailBatch): void {
    const { firstPosition, count, lastTimeMs } = batch;
    this.#stored = { ...this.#stored, nextPosition: firstPosition + count, lastTimeMs };
    this.tail.push(batch);
  }

  moveFirst(firstPosition: number): void {
    this.#stored = { ...this.#stored, firstPosition };
    this.tail.dropBefore(firstPosition);
  }
}
