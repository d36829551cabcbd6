import type Database from "better-sqlite3";

/** All that `action` reads is of one moment, whatever others write meanwhile. */
export function inSnapshot<T>(database: Database.Database, action: () => T): T {
  database.exec("BEGIN");
  try {
    return action();
  } finally {
    // Not a commit: that fails when a damaged page was met on the way.
    if (database.inTransaction) database.exec("ROLLBACK");
  }
}
