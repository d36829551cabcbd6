/** One of the database files of a data directory: how to recognise it and what it should contain. */
export interface DatabaseKind {
  readonly fileName: string;
  /** SQLite's `application_id`, so that a file of another program is not taken for ours. */
  readonly applicationId: number;
  readonly pageBytes: number;
  /** SQL of each version, in order: the first makes version 1. Only ever added to. */
  readonly migrations: readonly string[];
}
