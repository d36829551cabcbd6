import type Database from "better-sqlite3";
import { toStorageError } from "../../../storage-error.ts";
import { connect } from "../../database-files/connect.ts";
import { inSnapshot } from "../../database-files/in-snapshot.ts";
import { countBefore } from "../rows/records.ts";
import { type RowNumbers, rowChecksum } from "../rows/row-checksum.ts";
import type { ReaderCalls, StoredBatch } from "./reader-calls.ts";

interface Row extends RowNumbers {
  readonly checksum: number;
  readonly bytes: Buffer;
}

interface Place {
  readonly rowid: number;
  readonly firstPosition: number;
}

type TimedPlace = Place & { readonly lastTimeMs: number };

type Request<K extends keyof ReaderCalls> = ReaderCalls[K]["request"];
type Reply<K extends keyof ReaderCalls> = ReaderCalls[K]["reply"];

const READ_ONLY = { readonly: true, fileMustExist: true, timeout: 1000 };

/** One read looks at no more rows than this, however small they are. */
const ROWS_PER_READ_MAX = 1024;

/** A connection for events that are no longer in memory; lives in its own worker. */
export class EventsReader {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #findAt: Database.Statement<[number, number], TimedPlace>;
  readonly #list: Database.Statement<[number, number], Place>;
  readonly #bounds: Database.Statement<
    [number, number],
    { first: number | null; last: number | null }
  >;
  readonly #load: Database.Statement<[number], Row>;

  constructor({ file }: Request<"open">) {
    this.#file = file;
    const database = this.#try(() => connect(file, READ_ONLY));
    this.#database = database;
    // Places come from the indexes alone: rows that cannot be loaded can still be named and passed over.
    this.#findAt = database.prepare(
      `SELECT rowid, first_position AS firstPosition, last_time_ms AS lastTimeMs
       FROM batches INDEXED BY batches_in_order
       WHERE partition_id = ? AND first_position <= ? ORDER BY first_position DESC LIMIT 1`,
    );
    this.#list = database.prepare(
      `SELECT rowid, first_position AS firstPosition FROM batches INDEXED BY batches_in_order
       WHERE partition_id = ? AND first_position > ? ORDER BY first_position LIMIT ${ROWS_PER_READ_MAX}`,
    );
    this.#bounds = database.prepare(
      `SELECT (SELECT min(first_position) FROM batches WHERE partition_id = ?) AS first,
         (SELECT max(first_position) FROM batches WHERE partition_id = ?) AS last`,
    );
    this.#load = database.prepare(
      `SELECT partition_id AS partitionId, first_position AS firstPosition, count,
         first_time_ms AS firstTimeMs, last_time_ms AS lastTimeMs, checksum, bytes
       FROM batches WHERE rowid = ?`,
    );
  }

  // In snapshots: retention might remove, between two statements, the row that the first one found.

  /** At least one batch if an intact one is near, then as many as fit. */
  read(request: Request<"read">): Reply<"read"> {
    return this.#try(() => inSnapshot(this.#database, () => this.#read(request)));
  }

  positionAt(request: Request<"positionAt">): Reply<"positionAt"> {
    return this.#try(() => inSnapshot(this.#database, () => this.#positionAt(request)));
  }

  close(): void {
    this.#database.close();
  }

  #read({ partitionId, fromPosition, bytesMax }: Request<"read">): Reply<"read"> {
    const batches: StoredBatch[] = [];
    const damaged: number[] = [];
    let bytesLeft = bytesMax;
    const places = this.#placesFrom(partitionId, fromPosition);
    for (const place of places) {
      const row = this.#loadIntact(place);
      if (row === undefined) {
        damaged.push(place.firstPosition);
        continue;
      }
      const { firstPosition, count, bytes } = row;
      if (firstPosition + count <= fromPosition) continue;
      if (batches.length > 0 && bytes.length > bytesLeft) {
        return { batches, damaged, nextPosition: firstPosition };
      }
      batches.push({ firstPosition, count, records: owned(bytes) });
      bytesLeft -= bytes.length;
    }
    const last = places.length > ROWS_PER_READ_MAX ? places.at(-1) : undefined;
    return { batches, damaged, nextPosition: last && last.firstPosition + 1 };
  }

  #positionAt({ partitionId, timeMs }: Request<"positionAt">): Reply<"positionAt"> {
    const place = this.#findAtTime(partitionId, timeMs);
    if (place === undefined) return { position: undefined, damaged: [] };
    const row = this.#loadIntact(place);
    // The times in a damaged row say nothing: from its beginning on, nothing is missed.
    if (row === undefined) {
      return { position: place.firstPosition, damaged: [place.firstPosition] };
    }
    return { position: row.firstPosition + countBefore(row.bytes, timeMs), damaged: [] };
  }

  /** The row that holds the position, or the last before it, and those after it. */
  #placesFrom(partitionId: number, position: number): readonly Place[] {
    const holder = this.#findAt.get(partitionId, position);
    const others = this.#list.all(partitionId, position);
    return holder === undefined ? others : [holder, ...others];
  }

  /** The first row that reaches the time. Times never go back from one row to the next. */
  #findAtTime(partitionId: number, timeMs: number): Place | undefined {
    const bounds = this.#bounds.get(partitionId, partitionId);
    if (bounds === undefined || bounds.last === null) return undefined;
    let found: Place | undefined;
    let low = bounds.first ?? 0;
    let high = bounds.last;
    while (low <= high) {
      const middle = low + Math.floor((high - low) / 2);
      const row = this.#findAt.get(partitionId, middle);
      if (row === undefined) return found;
      if (row.lastTimeMs >= timeMs) {
        found = row;
        high = row.firstPosition - 1;
      } else low = middle + 1;
    }
    return found;
  }

  #loadIntact({ rowid }: Place): Row | undefined {
    try {
      const row = this.#load.get(rowid);
      return row !== undefined && rowChecksum(row, row.bytes) === row.checksum ? row : undefined;
    } catch (error) {
      const failure = toStorageError(error, this.#file);
      if (failure.code === "damaged") return undefined;
      throw failure;
    }
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw toStorageError(error, this.#file);
    }
  }
}

/** Bytes that are alone in their buffer, so that it can change hands. */
function owned(bytes: Buffer): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
