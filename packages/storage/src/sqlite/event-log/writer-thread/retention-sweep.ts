import type { EventRetention } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { WriterCalls } from "./writer-calls.ts";

interface WatchedHub {
  readonly hub: string;
  readonly partitionIds: readonly number[];
  readonly retention: EventRetention;
}

/** The oldest row of a partition: the next that retention would remove. */
interface Head {
  readonly rowid: number;
  readonly partitionId: number;
  readonly nextPosition: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  readonly bytes: number;
}

interface Budget {
  batches: number;
  bytes: number;
}

type Reply = WriterCalls["sweep"]["reply"];

/** Removes whole rows that are too old, or that make a hub too large, oldest first. */
export class RetentionSweep {
  readonly #hubs = new Map<string, WatchedHub>();
  readonly #limits: { readonly sweepBatchesMax: number; readonly sweepBytesMax: number };
  readonly #run: Database.Transaction<(nowMs: number) => Reply>;
  readonly #findHead: Database.Statement<[number], Head>;
  readonly #sumBytes: Database.Statement<[string], { bytes: number }>;
  readonly #delete: Database.Statement<[number]>;
  readonly #advance: Database.Statement<[number, number, number]>;

  constructor(
    database: Database.Database,
    limits: { readonly sweepBatchesMax: number; readonly sweepBytesMax: number },
  ) {
    this.#limits = limits;
    this.#run = database.transaction((nowMs: number) => this.#sweep(nowMs));
    this.#findHead = database.prepare(
      `SELECT rowid, partition_id AS partitionId, first_position + count AS nextPosition,
         first_time_ms AS firstTimeMs, last_time_ms AS lastTimeMs, length(bytes) AS bytes
       FROM batches WHERE partition_id = ? ORDER BY first_position LIMIT 1`,
    );
    this.#sumBytes = database.prepare(
      "SELECT coalesce(sum(stored_bytes), 0) AS bytes FROM partitions WHERE hub = ?",
    );
    this.#delete = database.prepare("DELETE FROM batches WHERE rowid = ?");
    this.#advance = database.prepare(
      "UPDATE partitions SET first_position = ?, stored_bytes = stored_bytes - ? WHERE id = ?",
    );
  }

  watch(hub: WatchedHub): void {
    this.#hubs.set(hub.hub, hub);
  }

  forget(hub: string): void {
    this.#hubs.delete(hub);
  }

  /** Does a bounded amount of work; `isDone` says whether that was all there is to do for now. */
  run(nowMs: number): Reply {
    return this.#run(nowMs);
  }

  #sweep(nowMs: number): Reply {
    const budget: Budget = {
      batches: this.#limits.sweepBatchesMax,
      bytes: this.#limits.sweepBytesMax,
    };
    const moved = new Map<number, number>();
    for (const hub of this.#hubs.values()) {
      if (budget.batches <= 0 || budget.bytes <= 0) break;
      this.#sweepHub(hub, nowMs, budget, moved);
    }
    return {
      moved: [...moved].map(([partitionId, firstPosition]) => ({ partitionId, firstPosition })),
      isDone: budget.batches > 0 && budget.bytes > 0,
    };
  }

  #sweepHub(hub: WatchedHub, nowMs: number, budget: Budget, moved: Map<number, number>): void {
    const { ageMs, bytesMax } = hub.retention;
    const heads = new Heads(hub.partitionIds, (partitionId) => this.#findHead.get(partitionId));
    let bytes = this.#sumBytes.get(hub.hub)?.bytes ?? 0;
    while (budget.batches > 0 && budget.bytes > 0) {
      const head = heads.oldest();
      if (head === undefined) return;
      if (head.lastTimeMs > nowMs - ageMs && bytes <= bytesMax) return;
      this.#delete.run(head.rowid);
      this.#advance.run(head.nextPosition, head.bytes, head.partitionId);
      heads.removed(head);
      moved.set(head.partitionId, head.nextPosition);
      bytes -= head.bytes;
      budget.batches -= 1;
      budget.bytes -= head.bytes;
    }
  }
}

class Heads {
  readonly #find: (partitionId: number) => Head | undefined;
  readonly #heads = new Map<number, Head>();

  constructor(partitionIds: readonly number[], find: (partitionId: number) => Head | undefined) {
    this.#find = find;
    for (const partitionId of partitionIds) this.#look(partitionId);
  }

  oldest(): Head | undefined {
    let oldest: Head | undefined;
    for (const head of this.#heads.values()) {
      if (oldest === undefined || head.lastTimeMs < oldest.lastTimeMs) oldest = head;
    }
    return oldest;
  }

  removed(head: Head): void {
    this.#look(head.partitionId);
  }

  #look(partitionId: number): void {
    const head = this.#find(partitionId);
    if (head === undefined) this.#heads.delete(partitionId);
    else this.#heads.set(partitionId, head);
  }
}
