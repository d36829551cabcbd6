import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import { toStorageError } from "../../storage-error.ts";
import { connect } from "./connect.ts";
import type { DatabaseKind } from "./database-kind.ts";
import { checkVersion, damaged, inspectDatabaseFile } from "./inspect-database-file.ts";
import { createPrivateFile } from "./private-file.ts";

/** Databases up to this size are checked in whole at every start; that takes some ten milliseconds. */
const WHOLE_CHECK_BYTES_MAX = 8 * 1024 ** 2;

/**
 * Opens a database for writing and brings it to the newest version. Throws `StorageError`, and then has
 * changed nothing. `:memory:` is a database that nobody else sees.
 */
export function openDatabase(file: string, kind: DatabaseKind): Database.Database {
  const isFile = file !== ":memory:";
  let database: Database.Database | undefined;
  try {
    if (isFile) {
      inspectDatabaseFile(file, kind);
      createPrivateFile(file);
    }
    database = connect(file, { timeout: 1000 });
    checkContent(database, file, kind);
    database.pragma(`page_size = ${kind.pageBytes}`);
    database.pragma("journal_mode = WAL");
    // An acknowledgement means "on disk": each commit waits for the device.
    database.pragma("synchronous = FULL");
    if (migrate(database, kind) && isFile) {
      // The next start reads the version from the file's own header.
      database.pragma("wal_checkpoint(TRUNCATE)");
    }
    return database;
  } catch (error) {
    database?.close();
    throw toStorageError(error, file);
  }
}

function checkContent(database: Database.Database, file: string, kind: DatabaseKind): void {
  checkVersion(versionOf(database), file, kind);
  const tables = database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  const applicationId = database.pragma("application_id", { simple: true });
  if (applicationId !== kind.applicationId && tables.length > 0) {
    throw damaged(file, "it belongs to another program");
  }
  const sizeBytes = file === ":memory:" ? 0 : statSync(file).size;
  if (sizeBytes <= WHOLE_CHECK_BYTES_MAX) {
    const finding = database.pragma("quick_check(1)", { simple: true });
    if (finding !== "ok") throw damaged(file, String(finding).split("\n").join(" "));
  }
  // Follows each table from its root to the first row: enough to notice what a cut or overwritten file lacks.
  for (const { name } of tables) database.prepare(`SELECT * FROM "${name}" LIMIT 1`).get();
}

/** Each step and its number are one transaction, so a crash leaves a version, never half of one. */
function migrate(database: Database.Database, kind: DatabaseKind): boolean {
  const from = versionOf(database);
  kind.migrations.slice(from).forEach((migration, index) => {
    database.transaction(() => {
      if (typeof migration === "string") database.exec(migration);
      else migration(database);
      database.pragma(`application_id = ${kind.applicationId}`);
      database.pragma(`user_version = ${from + index + 1}`);
    })();
  });
  return kind.migrations.length > from;
}

function versionOf(database: Database.Database): number {
  return database.pragma("user_version", { simple: true }) as number;
}
