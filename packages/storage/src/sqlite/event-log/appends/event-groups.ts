import type { Append, Clock } from "@larimar/domain";
import { StorageError } from "../../../storage-error.ts";
import type { StorageLog } from "../../../storage-log.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { WorkerCaller } from "../../workers/worker-caller.ts";
import { type CommitRequest, createCommitRequest } from "./commit-request.ts";
import { Congestion } from "./congestion.ts";
import { Group } from "./group.ts";
import { unavailable } from "../unavailable.ts";
import type { Partition } from "../partition.ts";
import type { TailBatch } from "../reads/tail.ts";
import type { TailBudget } from "../reads/tail-budget.ts";
import type { RowToWrite, WriterCalls } from "../writer-thread/writer-calls.ts";
import type { WorkerConnection } from "../../workers/worker-connection.ts";

export interface EventGroupsParts {
  readonly writer: WorkerConnection<WriterCalls>;
  readonly pool: BufferPool;
  readonly tails: TailBudget;
  readonly clock: Clock;
  readonly log: StorageLog;
  readonly pendingBytesMax: number;
}

/**
 * Group commit: while the disk is busy with one group, appends gather in the next. A group that fails takes
 * those that gathered behind it along, so that an event never overtakes an earlier one that was refused.
 */
export class EventGroups {
  readonly congestion: Congestion;
  readonly #parts: EventGroupsParts;
  #gathering: Group | undefined;
  #committing: Promise<void> | undefined;
  #isClosed = false;
  #isFailing = false;

  constructor(parts: EventGroupsParts) {
    this.#parts = parts;
    this.congestion = new Congestion(parts.pendingBytesMax);
  }

  append(partition: Partition, entry: Append): Promise<void> {
    if (entry.count === 0) return Promise.resolve();
    if (this.#isClosed) return Promise.reject(unavailable("it is closed"));
    if (!this.congestion.hasRoomFor(entry.bytes)) {
      const waiting = `${this.congestion.bytesMax} bytes are already waiting for the disk`;
      return Promise.reject(unavailable(waiting));
    }
    const nowMs = Math.max(partition.latestMs, Math.trunc(this.#parts.clock.now()));
    partition.builder.add(entry, nowMs);
    partition.latestMs = nowMs;
    this.congestion.add(entry.bytes);
    const group = (this.#gathering ??= this.#begin());
    group.partitions.add(partition);
    group.bytes += entry.bytes;
    return group.committed;
  }

  /** Resolves when what was appended so far is on disk or refused, or on its way to the writer. */
  async flushed(): Promise<void> {
    await this.#gathering?.committed.catch(() => undefined);
  }

  /** Takes no more, and resolves when what was taken is on disk or refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#committing !== undefined) await this.#committing;
  }

  #begin(): Group {
    this.#committing ??= this.#commitAll();
    return new Group();
  }

  async #commitAll(): Promise<void> {
    // What other sockets brought in the same turn of the event loop comes along.
    await new Promise((resolve) => void setImmediate(resolve));
    while (this.#gathering !== undefined) {
      try {
        await this.#commit(await this.#parts.writer.get());
      } catch (error) {
        this.#refuseGathered(error);
      }
    }
    this.#committing = undefined;
  }

  async #commit(writer: WorkerCaller<WriterCalls>): Promise<void> {
    const group = this.#take();
    if (group === undefined) return;
    const request = createCommitRequest(group.partitions);
    const { rows, buffers } = request;
    try {
      const reply = await writer.call("commit", { rows, buffers }, buffers);
      if (reply.error === undefined) this.#publish(group, request, reply.buffers);
      else {
        for (const buffer of reply.buffers) this.#parts.pool.giveBack(buffer);
        throw new StorageError(reply.error.code, reply.error.message);
      }
    } catch (error) {
      this.#refuse(group, error);
      throw error;
    }
  }

  #take(): Group | undefined {
    const group = this.#gathering;
    this.#gathering = undefined;
    return group;
  }

  #publish(
    group: Group,
    { rows, partitions }: CommitRequest,
    buffers: readonly ArrayBuffer[],
  ): void {
    if (this.#isFailing) this.#parts.log.warn({}, "events can be written again");
    this.#isFailing = false;
    const nowMs = this.#parts.clock.now();
    rows.forEach((row, index) => {
      const partition = partitions[index]!;
      partition.advance(row);
      // Memory for readers that do not exist would cost more than everything else here.
      if (partition.isWatched(nowMs)) partition.tail.push(keep(row, buffers[row.bufferIndex]!));
      else partition.tail.clear();
    });
    for (const buffer of buffers) this.#parts.pool.giveBack(buffer);
    this.#parts.tails.shrink(group.partitions);
    this.congestion.remove(group.bytes);
    group.resolve();
    for (const { listeners } of group.partitions) listeners.callAll();
  }

  #refuseGathered(error: unknown): void {
    const group = this.#take();
    if (group === undefined) return;
    for (const { builder } of group.partitions) builder.discard();
    this.#refuse(group, error);
  }

  #refuse(group: Group, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    // Once, and not for each of the hundreds of groups that a full disk refuses in a second.
    if (!this.#isFailing) this.#parts.log.error({ reason }, "events cannot be written");
    this.#isFailing = true;
    this.congestion.remove(group.bytes);
    group.reject(unavailable(reason, error));
  }
}

/** A copy of just the records: the buffer itself is larger and goes to the next group. */
function keep(row: RowToWrite, buffer: ArrayBuffer): TailBatch {
  const { firstPosition, count, firstTimeMs, lastTimeMs, offset, length } = row;
  const records = Buffer.allocUnsafe(length);
  records.set(new Uint8Array(buffer, offset, length));
  return { firstPosition, count, records, firstTimeMs, lastTimeMs };
}
