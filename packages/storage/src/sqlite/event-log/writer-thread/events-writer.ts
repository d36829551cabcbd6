import type Database from "better-sqlite3";
import { openDatabase } from "../../database-files/open-database.ts";
import { EVENTS_DATABASE } from "../events-database.ts";
import { HubErasure } from "./hub-erasure.ts";
import { PartitionMarks } from "./partition-marks.ts";
import { RetentionSweep } from "./retention-sweep.ts";
import { rowChecksum } from "../rows/row-checksum.ts";
import { toWorkerError } from "../../workers/serve-calls.ts";
import type { RowToWrite, StoredPartition, WriterCalls } from "./writer-calls.ts";

/**
 * The write-ahead log is copied into the database whenever it has so many pages, 4 MiB. Commits wait for that,
 * some ten milliseconds; larger copies would be no cheaper by the byte, only longer.
 */
const CHECKPOINT_PAGES = 512;

type Request<K extends keyof WriterCalls> = WriterCalls[K]["request"];
type Reply<K extends keyof WriterCalls> = WriterCalls[K]["reply"];

/** The one connection that writes `events.db`; lives in its own worker, so that no protocol waits for a disk. */
export class EventsWriter {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<
    [number, number, number, number, number, number, Uint8Array]
  >;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #marks: PartitionMarks;
  readonly #findPartitions: Database.Statement<[string, number], StoredPartition>;
  readonly #addPartition: Database.Statement<[string, number]>;
  readonly #sweep: RetentionSweep;
  readonly #erase: HubErasure;

  constructor(options: Request<"open">) {
    this.#file = options.file;
    const database = openDatabase(options.file, EVENTS_DATABASE);
    this.#database = database;
    if (options.isEphemeral) database.pragma("synchronous = OFF");
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    const pagesMax = Math.floor(options.databaseBytesMax / EVENTS_DATABASE.pageBytes);
    database.pragma(`max_page_count = ${Math.min(pagesMax, 0xff_ff_ff_fe)}`);
    this.#insert = database.prepare("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#marks = new PartitionMarks(database);
    this.#findPartitions = database.prepare(
      `SELECT id, first_position AS firstPosition, next_position AS nextPosition,
         last_time_ms AS lastTimeMs
       FROM partitions WHERE hub = ? AND partition < ? ORDER BY partition`,
    );
    this.#addPartition = database.prepare(
      "INSERT INTO partitions (hub, partition) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#sweep = new RetentionSweep(database, options);
    this.#erase = new HubErasure(database, options);
  }

  openHub({ hub, partitionCount, retention }: Request<"openHub">): Reply<"openHub"> {
    this.#marks.flush();
    const partitions = this.#database.transaction(() => {
      for (let partition = 0; partition < partitionCount; partition += 1) {
        this.#addPartition.run(hub, partition);
      }
      for (const { id } of this.#findPartitions.all(hub, partitionCount)) this.#marks.catchUp(id);
      return this.#findPartitions.all(hub, partitionCount);
    })();
    this.#sweep.watch({ hub, partitionIds: partitions.map(({ id }) => id), retention });
    return partitions;
  }

  eraseHub({ hub }: Request<"eraseHub">): Reply<"eraseHub"> {
    this.#sweep.forget(hub);
    this.#marks.flush();
    return { isDone: this.#erase.run(hub) };
  }

  /** One transaction for everything that came: either all of it is on disk or nothing. */
  commit({ rows, buffers }: Request<"commit">): Reply<"commit"> {
    try {
      this.#begin.run();
      for (const row of rows) this.#write(row, buffers);
      this.#marks.writeIfDue();
      this.#commit.run();
      this.#marks.committed(rows);
      return { buffers, error: undefined };
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      return { buffers, error: toWorkerError(error, this.#file) };
    }
  }

  sweep({ nowMs }: Request<"sweep">): Reply<"sweep"> {
    this.#marks.flush();
    return this.#sweep.run(nowMs);
  }

  close(): void {
    try {
      this.#marks.flush();
    } finally {
      this.#database.close();
    }
  }

  #write(row: RowToWrite, buffers: readonly ArrayBuffer[]): void {
    const { partitionId, firstPosition, count, firstTimeMs, lastTimeMs, length } = row;
    const bytes = new Uint8Array(buffers[row.bufferIndex]!, row.offset, length);
    const checksum = rowChecksum(row, bytes);
    this.#insert.run(partitionId, firstPosition, count, firstTimeMs, lastTimeMs, checksum, bytes);
  }
}
