import type { Clock, EventLog, HubSettings } from "@larimar/domain";
import type { StorageLimits } from "../../storage-limits.ts";
import type { StorageLog } from "../../storage-log.ts";
import { hubKey } from "../hub-key.ts";
import { BufferPool } from "./appends/buffer-pool.ts";
import type { WorkerCaller } from "../workers/worker-caller.ts";
import { EventGroups } from "./appends/event-groups.ts";
import { EventReads } from "./reads/event-reads.ts";
import { SqliteHubEventLog } from "./hub-event-log.ts";
import { Listeners } from "./reads/listeners.ts";
import { Partition } from "./partition.ts";
import { RetentionTimer } from "./retention-timer.ts";
import { RowBuilder } from "./appends/row-builder.ts";
import { type StartWorker, startWorker } from "./start-worker.ts";
import { TailBudget } from "./reads/tail-budget.ts";
import type { ReaderCalls } from "./reader-thread/reader-calls.ts";
import type { WriterCalls } from "./writer-thread/writer-calls.ts";
import { WorkerConnection } from "../workers/worker-connection.ts";

export type EventLogSettings = Pick<HubSettings, "eventRetention" | "name" | "partitionCount">;

export interface SqliteEventLogParts {
  readonly file: string;
  readonly isEphemeral: boolean;
  readonly limits: StorageLimits;
  readonly log: StorageLog;
  readonly clock: Clock;
  readonly startWorker?: StartWorker;
}

interface OpenHub {
  settings: EventLogSettings;
  readonly log: SqliteHubEventLog;
}

/**
 * `events.db`: the event logs of all hubs. What is appended gathers in `appends/` and goes to the disk in
 * `writer-thread/`; `reads/` serves what is recent and asks `reader-thread/` for the rest.
 */
export class SqliteEventLog implements AsyncDisposable {
  readonly #parts: SqliteEventLogParts;
  readonly #hubs = new Map<string, OpenHub>();
  readonly #partitions = new Map<number, Partition>();
  readonly #pool: BufferPool;
  readonly #tails: TailBudget;
  readonly #writer: WorkerConnection<WriterCalls>;
  readonly #reader: WorkerConnection<ReaderCalls>;
  readonly #groups: EventGroups;
  readonly #reads: EventReads;
  readonly #retention: RetentionTimer;

  /** Throws `StorageError`. */
  static async open(parts: SqliteEventLogParts): Promise<SqliteEventLog> {
    const eventLog = new SqliteEventLog(parts);
    await eventLog.#writer.get();
    eventLog.#retention.start();
    return eventLog;
  }

  private constructor(parts: SqliteEventLogParts) {
    this.#parts = parts;
    const { file, limits, log, clock } = parts;
    const start = parts.startWorker ?? startWorker;
    this.#pool = new BufferPool(limits.pooledBytesMax);
    this.#tails = new TailBudget(limits);
    this.#writer = new WorkerConnection<WriterCalls>({
      owner: "The event log",
      start: () => start("writer"),
      prepare: (writer) => this.#prepareWriter(writer),
    });
    this.#reader = new WorkerConnection<ReaderCalls>({
      owner: "The event log",
      start: () => start("reader"),
      prepare: (reader) => reader.call("open", { file }),
    });
    this.#groups = new EventGroups({
      writer: this.#writer,
      pool: this.#pool,
      tails: this.#tails,
      clock,
      log,
      pendingBytesMax: limits.pendingBytesMax,
    });
    this.#reads = new EventReads({
      reader: this.#reader,
      log,
      clock,
      diskReadBytesMax: limits.diskReadBytesMax,
    });
    this.#retention = new RetentionTimer({
      writer: this.#writer,
      clock,
      log,
      intervalMs: limits.sweepIntervalMs,
      onMoved: (partitionId, firstPosition) =>
        this.#partitions.get(partitionId)?.moveFirst(firstPosition),
    });
  }

  /** Opening a hub that is open already gives the same log, with the retention of the new settings. */
  async openHub(settings: EventLogSettings): Promise<EventLog> {
    const key = hubKey(settings.name);
    const writer = await this.#writer.get();
    const stored = await writer.call("openHub", requestFor(settings));
    const known = this.#hubs.get(key);
    if (known !== undefined) {
      // How many partitions a hub has was decided when it was created.
      known.settings = { ...settings, partitionCount: known.log.partitionCount };
      return known.log;
    }
    const partitions = stored.map((partition) => this.#createPartition(settings, partition));
    const parts = { partitions, groups: this.#groups, reads: this.#reads };
    const log = new SqliteHubEventLog(settings.name, parts);
    this.#hubs.set(key, { settings, log });
    return log;
  }

  /** Resolves when nothing of the hub is left. */
  async eraseHub(hubName: string): Promise<void> {
    const hub = hubKey(hubName);
    const known = this.#hubs.get(hub);
    known?.log.close();
    await this.#groups.flushed();
    this.#hubs.delete(hub);
    for (const partition of known?.log.partitions ?? []) {
      partition.tail.clear();
      this.#tails.forget(partition);
      this.#partitions.delete(partition.id);
    }
    let isDone = false;
    while (!isDone) {
      const writer = await this.#writer.get();
      isDone = (await writer.call("eraseHub", { hub })).isDone;
    }
  }

  /** What was appended before reaches the disk first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#retention.stop();
    await this.#groups.close();
    await this.#reader.close();
    // Last, because whoever leaves last tidies up the database's files.
    await this.#writer.close();
  }

  #createPartition(
    { name }: EventLogSettings,
    stored: ConstructorParameters<typeof Partition>[0],
  ): Partition {
    const partition = new Partition(stored, {
      builder: new RowBuilder(this.#pool, this.#parts.limits.rowBytesMax),
      listeners: new Listeners((error) =>
        this.#parts.log.error({ hub: name, error }, "a listener of the event log failed"),
      ),
    });
    this.#partitions.set(partition.id, partition);
    this.#tails.watch(partition);
    return partition;
  }

  async #prepareWriter(writer: WorkerCaller<WriterCalls>): Promise<void> {
    const { file, isEphemeral, limits } = this.#parts;
    const { eventsDatabaseBytesMax: databaseBytesMax, sweepBatchesMax, sweepBytesMax } = limits;
    const bounds = { databaseBytesMax, sweepBatchesMax, sweepBytesMax };
    await writer.call("open", { file, isEphemeral, ...bounds });
    for (const { settings, log } of this.#hubs.values()) {
      const stored = await writer.call("openHub", requestFor(settings));
      // The worker before this one may have finished a commit that it could not tell of.
      log.partitions.forEach((partition, index) => {
        if (partition.restore(stored[index]!)) partition.listeners.callAll();
      });
    }
  }
}

function requestFor({ name, partitionCount, eventRetention }: EventLogSettings) {
  return { hub: hubKey(name), partitionCount, retention: eventRetention };
}
