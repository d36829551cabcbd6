import type { Clock, EventBatch } from "@larimar/domain";
import type { StorageLog } from "../../../storage-log.ts";
import { unavailable } from "../unavailable.ts";
import type { Partition } from "../partition.ts";
import type { ReaderCalls } from "../reader-thread/reader-calls.ts";
import type { WorkerConnection } from "../../workers/worker-connection.ts";

export interface EventReadsParts {
  readonly reader: WorkerConnection<ReaderCalls>;
  readonly log: StorageLog;
  readonly clock: Clock;
  readonly diskReadBytesMax: number;
}

/** So many damaged rows are named in the log; a reader that passes one again does not name it again. */
const DAMAGED_ROWS_NAMED_MAX = 10_000;

/** Recent events that somebody waits for come from memory, older ones from a worker that is started when first needed. */
export class EventReads {
  readonly #parts: EventReadsParts;
  readonly #damagedRows = new Set<string>();

  constructor(parts: EventReadsParts) {
    this.#parts = parts;
  }

  async read(
    partition: Partition,
    position: number,
    bytesMax: number,
  ): Promise<readonly EventBatch[]> {
    partition.lastReadAtMs = this.#parts.clock.now();
    let fromPosition = Math.max(position, partition.firstPosition);
    while (fromPosition < partition.nextPosition) {
      const recent = partition.tail.read(fromPosition, bytesMax);
      if (recent !== undefined) return recent;
      const { batches, damaged, nextPosition } = await this.#call("read", {
        partitionId: partition.id,
        fromPosition,
        bytesMax: Math.min(bytesMax, this.#parts.diskReadBytesMax),
      });
      this.#report(partition, damaged);
      // A reader never sees what the rest of the log does not call written yet.
      const known = batches.filter(({ firstPosition }) => firstPosition < partition.nextPosition);
      if (known.length > 0 || nextPosition === undefined) return known;
      fromPosition = nextPosition;
    }
    return [];
  }

  async positionAt(partition: Partition, timeMs: number): Promise<number> {
    if (timeMs > partition.state.lastEnqueuedAtMs) return partition.nextPosition;
    const recent = partition.tail.positionAt(timeMs);
    if (recent !== undefined) return recent;
    const { position, damaged } = await this.#call("positionAt", {
      partitionId: partition.id,
      timeMs,
    });
    this.#report(partition, damaged);
    return Math.max(position ?? partition.nextPosition, partition.firstPosition);
  }

  async #call<K extends keyof ReaderCalls>(
    name: K,
    request: ReaderCalls[K]["request"],
  ): Promise<ReaderCalls[K]["reply"]> {
    try {
      const reader = await this.#parts.reader.get();
      return await reader.call(name, request);
    } catch (error) {
      throw unavailable(error instanceof Error ? error.message : String(error), error);
    }
  }

  #report(partition: Partition, firstPositions: readonly number[]): void {
    for (const firstPosition of firstPositions) {
      const row = `${partition.id}/${firstPosition}`;
      if (this.#damagedRows.has(row) || this.#damagedRows.size >= DAMAGED_ROWS_NAMED_MAX) continue;
      this.#damagedRows.add(row);
      this.#parts.log.error(
        { partitionId: partition.id, firstPosition },
        "damaged events were passed over",
      );
    }
  }
}
