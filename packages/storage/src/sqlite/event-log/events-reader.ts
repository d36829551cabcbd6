import type Database from "better-sqlite3";
import { toStorageError } from "../../storage-error.ts";
import { connect } from "../connect.ts";
import { countBefore } from "./records.ts";
import { type RowNumbers, rowChecksum } from "./row-checksum.ts";
import type { ReaderCalls, StoredBatch } from "./worker-calls.ts";

interface Row extends RowNumbers {
  readonly checksum: number;
  readonly bytes: Buffer;
}

interface Place {
  readonly rowid: number;
  readonly firstPosition: number;
}

type Request<K extends keyof ReaderCalls> = ReaderCalls[K]["request"];
type Reply<K extends keyof ReaderCalls> = ReaderCalls[K]["reply"];

/** One read looks at no more rows than this, however small they are. */
const ROWS_PER_READ_MAX = 1024;

/** A connection for events that are no longer in memory; lives in its own worker. */
export class EventsReader {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #findAt: Database.Statement<[number, number], Place>;
  readonly #list: Database.Statement<[number, number], Place>;
  readonly #findAtTime: Database.Statement<[number, number], Place>;
  readonly #load: Database.Statement<[number], Row>;

  constructor({ file }: Request<"open">) {
    this.#file = file;
    const database = this.#openFile();
    this.#database = database;
    // Places come from the indexes alone: rows that cannot be loaded can still be named and passed over.
    this.#findAt = database.prepare(
      `SELECT rowid, first_position AS firstPosition FROM batches INDEXED BY batches_by_position
       WHERE partition_id = ? AND first_position <= ? ORDER BY first_position DESC LIMIT 1`,
    );
    this.#list = database.prepare(
      `SELECT rowid, first_position AS firstPosition FROM batches INDEXED BY batches_by_position
       WHERE partition_id = ? AND first_position > ? ORDER BY first_position LIMIT ${ROWS_PER_READ_MAX}`,
    );
    this.#findAtTime = database.prepare(
      `SELECT rowid, first_position AS firstPosition FROM batches INDEXED BY batches_by_time
       WHERE partition_id = ? AND last_time_ms >= ? ORDER BY last_time_ms, first_position LIMIT 1`,
    );
    this.#load = database.prepare(
      `SELECT partition_id AS partitionId, first_position AS firstPosition, count,
         first_time_ms AS firstTimeMs, last_time_ms AS lastTimeMs, checksum, bytes
       FROM batches WHERE rowid = ?`,
    );
  }

  /** At least one batch if an intact one is there, then as many as fit. */
  read({ partitionId, fromPosition, bytesMax }: Request<"read">): Reply<"read"> {
    const batches: StoredBatch[] = [];
    const damaged: number[] = [];
    let bytesLeft = bytesMax;
    for (const place of this.#placesFrom(partitionId, fromPosition)) {
      if (bytesLeft <= 0) return { batches, damaged, nextPosition: place.firstPosition };
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
    return { batches, damaged, nextPosition: undefined };
  }

  positionAt({ partitionId, timeMs }: Request<"positionAt">): Reply<"positionAt"> {
    const place = this.#try(() => this.#findAtTime.get(partitionId, timeMs));
    if (place === undefined) return { position: undefined, damaged: [] };
    const row = this.#loadIntact(place);
    // The times in a damaged row say nothing: from its beginning on, nothing is missed.
    if (row === undefined) {
      return { position: place.firstPosition, damaged: [place.firstPosition] };
    }
    return { position: row.firstPosition + countBefore(row.bytes, timeMs), damaged: [] };
  }

  close(): void {
    this.#database.close();
  }

  /** The row that holds the position, if one does, and those after it. */
  #placesFrom(partitionId: number, position: number): readonly Place[] {
    return this.#try(() => {
      const holder = this.#findAt.get(partitionId, position);
      const others = this.#list.all(partitionId, position);
      return holder === undefined ? others : [holder, ...others];
    });
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

  #openFile(): Database.Database {
    return this.#try(() =>
      connect(this.#file, { readonly: true, fileMustExist: true, timeout: 1000 }),
    );
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
