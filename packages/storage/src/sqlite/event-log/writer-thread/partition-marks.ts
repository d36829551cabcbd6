import type Database from "better-sqlite3";
import type { RowToWrite } from "./writer-calls.ts";

/** Commits until the marks are written: what a start after a crash has to count again. */
const COMMITS_PER_MARK = 256;

interface Mark {
  readonly nextPosition: number;
  readonly lastTimeMs: number;
  readonly bytes: number;
}

/**
 * How far each partition has come, in the table that outlives its rows. The rows tell the same, so that the
 * table may stay behind them; it has to be up to date before any of them is removed.
 */
export class PartitionMarks {
  readonly #advance: Database.Statement<[number, number, number, number]>;
  readonly #sumUncounted: Database.Statement<[number], Mark | Record<keyof Mark, null>>;
  readonly #writeAlone: Database.Transaction<() => void>;
  readonly #pending = new Map<number, Mark>();
  #commits = 0;

  constructor(database: Database.Database) {
    this.#advance = database.prepare(
      `UPDATE partitions SET next_position = ?, last_time_ms = ?, stored_bytes = stored_bytes + ?
       WHERE id = ?`,
    );
    this.#sumUncounted = database.prepare(
      `SELECT max(b.first_position + b.count) AS nextPosition, max(b.last_time_ms) AS lastTimeMs,
         sum(length(b.bytes)) AS bytes
       FROM partitions AS p CROSS JOIN batches AS b INDEXED BY batches_in_order
       WHERE p.id = ? AND b.partition_id = p.id AND b.first_position >= p.next_position`,
    );
    this.#writeAlone = database.transaction(() => this.#write());
  }

  /** Counts what a crash left uncounted. Part of a transaction, with nothing pending. */
  catchUp(partitionId: number): void {
    const uncounted = this.#sumUncounted.get(partitionId);
    if (uncounted === undefined || uncounted.nextPosition === null) return;
    const { nextPosition, lastTimeMs, bytes } = uncounted;
    this.#advance.run(nextPosition, lastTimeMs, bytes, partitionId);
  }

  /** Part of the transaction of every commit. */
  writeIfDue(): void {
    if (this.#commits >= COMMITS_PER_MARK) this.#write();
  }

  /** After a commit has succeeded. */
  committed(rows: readonly RowToWrite[]): void {
    if (this.#commits >= COMMITS_PER_MARK) this.#forget();
    this.#commits += 1;
    for (const row of rows) this.#add(row);
  }

  /** Brings the table up to date, in a transaction of its own. */
  flush(): void {
    if (this.#pending.size === 0) return;
    this.#writeAlone();
    this.#forget();
  }

  #write(): void {
    for (const [partitionId, { nextPosition, lastTimeMs, bytes }] of this.#pending) {
      this.#advance.run(nextPosition, lastTimeMs, bytes, partitionId);
    }
  }

  #forget(): void {
    this.#pending.clear();
    this.#commits = 0;
  }

  #add({ partitionId, firstPosition, count, lastTimeMs, length }: RowToWrite): void {
    const mark = this.#pending.get(partitionId);
    const bytes = (mark?.bytes ?? 0) + length;
    this.#pending.set(partitionId, { nextPosition: firstPosition + count, lastTimeMs, bytes });
  }
}
