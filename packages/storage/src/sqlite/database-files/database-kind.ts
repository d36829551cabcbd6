import type Database from "better-sqlite3";

/** SQL, or what has to be worked out outside of it. */
export type Migration = string | ((database: Database.Database) => void);

/** One of the database files of a data directory: how to recognise it and what it should contain. */
export interface DatabaseKind {
  readonly fileName: string;
  /** SQLite's `application_id`, so that a file of another program is not taken for ours. */
  readonly applicationId: number;
  readonly pageBytes: number;
  /** What makes each version, in order: the first makes version 1. Only ever added to. */
  readonly migrations: readonly Migration[];
}
