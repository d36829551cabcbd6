import type Database from "better-sqlite3";
import type { StateDatabase } from "../sqlite/state-database.ts";

export type Address = [hub: string, container: string, name: string];

export interface BlobRow {
  readonly id: number;
  readonly container: string;
  readonly name: string;
  readonly etag: string;
  readonly size_bytes: number;
  readonly created_at_ms: number;
  readonly last_modified_ms: number;
  readonly headers: string;
  readonly metadata: string;
}

export interface ContainerRow {
  readonly name: string;
  readonly etag: string;
  readonly created_at_ms: number;
  readonly metadata: string;
}

/** A file of a blob, or of a block that waits for its list. */
export interface SegmentRow {
  readonly block_id: string;
  readonly file: string;
  readonly size_bytes: number;
}

const IS_BLOB = "hub = ? AND container = ? AND name = ?";

/** The statements, prepared once for all hubs. */
export class BlobStatements {
  readonly find: Database.Statement<Address, BlobRow>;
  readonly write: Database.Statement<
    [...Address, string, number, number, number, string, string],
    BlobRow
  >;
  readonly describe: Database.Statement<[string, number, string, number], BlobRow>;
  readonly delete: Database.Statement<[number]>;
  readonly list: Database.Statement<[string, string, string, string, string, number], BlobRow>;
  readonly segments: Database.Statement<[number], SegmentRow & { readonly first_byte: number }>;
  readonly insertSegment: Database.Statement<[number, number, string, string, number, number]>;
  readonly deleteSegments: Database.Statement<[number]>;
  readonly countStaged: Database.Statement<[...Address, string], { count: number }>;
  readonly staged: Database.Statement<Address, SegmentRow>;
  readonly stagedBlock: Database.Statement<[...Address, string], SegmentRow>;
  readonly stage: Database.Statement<[...Address, string, string, number, number]>;
  readonly unstage: Database.Statement<Address>;
  readonly stale: Database.Statement<[string, number], { container: string; name: string }>;
  readonly stagedIn: Database.Statement<[string, string, number], { name: string }>;
  readonly insertContainer: Database.Statement<[string, string, string, number, string]>;
  readonly findContainer: Database.Statement<[string, string], ContainerRow>;
  readonly listContainers: Database.Statement<[string], ContainerRow>;
  readonly countContainers: Database.Statement<[string], { count: number }>;
  readonly deleteContainer: Database.Statement<[string, string]>;
  readonly isNamed: Database.Statement<[string, string], { found: 1 }>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.find = connection.prepare(`SELECT * FROM blobs WHERE ${IS_BLOB}`);
    this.write = connection.prepare(
      `INSERT INTO blobs
         (hub, container, name, etag, size_bytes, created_at_ms, last_modified_ms, headers, metadata)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (hub, container, name) DO UPDATE SET
         etag = excluded.etag, size_bytes = excluded.size_bytes, headers = excluded.headers,
         last_modified_ms = excluded.last_modified_ms, metadata = excluded.metadata
       RETURNING *`,
    );
    this.describe = connection.prepare(
      `UPDATE blobs SET etag = ?, last_modified_ms = ?, metadata = ? WHERE id = ? RETURNING *`,
    );
    this.delete = connection.prepare("DELETE FROM blobs WHERE id = ?");
    this.list = connection.prepare(
      `SELECT * FROM blobs
       WHERE hub = ? AND container = ? AND name > ? AND name >= ? AND name < ?
       ORDER BY name LIMIT ?`,
    );
    this.segments = connection.prepare(
      `SELECT block_id, file, first_byte, size_bytes FROM blob_segments WHERE blob_id = ?
       ORDER BY position`,
    );
    this.insertSegment = connection.prepare(
      `INSERT INTO blob_segments (blob_id, position, block_id, file, first_byte, size_bytes)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.deleteSegments = connection.prepare("DELETE FROM blob_segments WHERE blob_id = ?");
    this.countStaged = connection.prepare(
      `SELECT count(*) AS count FROM staged_blocks WHERE ${IS_BLOB} AND block_id <> ?`,
    );
    this.staged = connection.prepare(
      `SELECT block_id, file, size_bytes FROM staged_blocks WHERE ${IS_BLOB}`,
    );
    this.stagedBlock = connection.prepare(
      `SELECT block_id, file, size_bytes FROM staged_blocks WHERE ${IS_BLOB} AND block_id = ?`,
    );
    this.stage = connection.prepare(
      "INSERT OR REPLACE INTO staged_blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.unstage = connection.prepare(`DELETE FROM staged_blocks WHERE ${IS_BLOB}`);
    this.stale = connection.prepare(
      `SELECT container, name FROM staged_blocks WHERE hub = ?
       GROUP BY container, name HAVING max(staged_at_ms) < ? LIMIT 1000`,
    );
    this.stagedIn = connection.prepare(
      "SELECT DISTINCT name FROM staged_blocks WHERE hub = ? AND container = ? LIMIT ?",
    );
    this.insertContainer = connection.prepare("INSERT INTO blob_containers VALUES (?, ?, ?, ?, ?)");
    const ofContainer = "FROM blob_containers WHERE hub = ? AND name = ?";
    const columns = "name, etag, created_at_ms, metadata";
    this.findContainer = connection.prepare(`SELECT ${columns} ${ofContainer}`);
    this.listContainers = connection.prepare(
      `SELECT ${columns} FROM blob_containers WHERE hub = ? ORDER BY name`,
    );
    this.countContainers = connection.prepare(
      "SELECT count(*) AS count FROM blob_containers WHERE hub = ?",
    );
    this.deleteContainer = connection.prepare(`DELETE ${ofContainer}`);
    this.isNamed = connection.prepare(
      `SELECT 1 AS found FROM blob_segments WHERE file = ?
       UNION ALL SELECT 1 FROM staged_blocks WHERE file = ? LIMIT 1`,
    );
  }
}
