import Database from "better-sqlite3";
import { StorageError, toStorageError } from "../storage-error.ts";
import type { DatabaseKind } from "./database-files/database-kind.ts";
import { hubsDevicesPresence } from "./migrations/state/0001-hubs-devices-presence.ts";
import { modulesTwinsCommands } from "./migrations/state/0002-modules-twins-commands.ts";
import { subscriptions } from "./migrations/state/0003-subscriptions.ts";
import { provisioning } from "./migrations/state/0004-provisioning.ts";
import { files } from "./migrations/state/0005-files.ts";
import { hubCertificates } from "./migrations/state/0007-hub-certificates.ts";
import { blobsGoWhole } from "./migrations/state/0009-blobs-go-whole.ts";
import { jobs } from "./migrations/state/0006-jobs.ts";
import { deviceScopes } from "./migrations/state/0008-device-scopes.ts";
import { twinsOfAll } from "./migrations/state/0010-twins-of-all.ts";
import { meters } from "./migrations/state/0011-meters.ts";
import { configurations } from "./migrations/state/0012-configurations.ts";
import { transfers } from "./migrations/state/0013-transfers.ts";
import { queryIndexes } from "./migrations/state/0014-query-indexes.ts";
import { narrowTwins } from "./migrations/state/0015-narrow-twins.ts";
import { twinLeaves } from "./migrations/state/0016-twin-leaves.ts";
import { blobContainers } from "./migrations/state/0017-blob-containers.ts";
import { contentClaims } from "./migrations/state/0018-content-claims.ts";
import { LogSync } from "./database-files/log-sync.ts";
import { openDatabase } from "./database-files/open-database.ts";

export const STATE_DATABASE: DatabaseKind = {
  fileName: "state.db",
  applicationId: 0x4c_4d_53_54, // "LMST"
  pageBytes: 4096,
  migrations: [
    hubsDevicesPresence,
    modulesTwinsCommands,
    subscriptions,
    provisioning,
    files,
    jobs,
    hubCertificates,
    deviceScopes,
    blobsGoWhole,
    twinsOfAll,
    meters,
    configurations,
    transfers,
    queryIndexes,
    narrowTwins,
    twinLeaves,
    blobContainers,
    contentClaims,
  ],
};

type Sync = Pick<LogSync, "sync"> & AsyncDisposable;

interface Group {
  readonly committed: Promise<void>;
  /** What is to be done once the commit has happened. */
  readonly afterCommit: (() => void)[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The connection all state stores share. Reads are statements as they are; writes go through `write`, which
 * lets everything that arrives in one turn of the event loop share a commit, and everything that arrives
 * while the disk is busy share a sync. The event loop waits for neither.
 */
export class StateDatabase implements AsyncDisposable {
  readonly connection: Database.Database;
  readonly #file: string;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #savepoint: Database.Statement;
  readonly #release: Database.Statement;
  readonly #undo: Database.Statement;
  readonly #log: Sync | undefined;
  #group: Group | undefined;
  #failure: StorageError | undefined;

  constructor(file: string, log: Sync = new LogSync(file)) {
    this.#file = file;
    this.connection = openDatabase(file, STATE_DATABASE);
    if (file !== ":memory:") {
      this.#log = log;
      // Commits leave it to `#log` to wait for the disk; all else still waits in SQLite.
      this.connection.pragma("synchronous = NORMAL");
    }
    this.#begin = this.connection.prepare("BEGIN IMMEDIATE");
    this.#commit = this.connection.prepare("COMMIT");
    this.#savepoint = this.connection.prepare("SAVEPOINT write");
    this.#release = this.connection.prepare("RELEASE write");
    this.#undo = this.connection.prepare("ROLLBACK TO write");
  }

  /**
   * Runs `action` at once, all or nothing; resolves with what it returned when that is on disk. Rejects with
   * what it threw, or with `StorageError`.
   */
  async write<T>(action: () => T): Promise<T> {
    const group = this.#join();
    const result = this.#attempt(group, action);
    await group.committed;
    return result;
  }

  /** For actions of `write`: done once what they wrote can be read by others, forgotten when it is undone. */
  afterCommit(action: () => void): void {
    this.#group?.afterCommit.push(action);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever wrote learns of a failure; closing goes on.
    while (this.#group !== undefined) await this.#group.committed.catch(() => undefined);
    await this.#log?.[Symbol.asyncDispose]();
    this.connection.close();
  }

  #join(): Group {
    if (!this.connection.open) {
      throw new StorageError("failed", `The database '${this.#file}' is closed.`);
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#group !== undefined) return this.#group;
    try {
      this.#begin.run();
    } catch (error) {
      throw toStorageError(error, this.#file);
    }
    const group = createGroup();
    this.#group = group;
    setImmediate(() => this.#finish(group));
    return group;
  }

  #attempt<T>(group: Group, action: () => T): T {
    const { afterCommit } = group;
    const before = afterCommit.length;
    try {
      this.#savepoint.run();
      const result = action();
      this.#release.run();
      return result;
    } catch (error) {
      const failure =
        error instanceof Database.SqliteError ? toStorageError(error, this.#file) : error;
      afterCommit.length = before;
      // A full disk, for one, ends the whole transaction at once.
      if (this.connection.inTransaction) this.#undoAttempt();
      else this.#abandon(group, failure);
      throw failure;
    }
  }

  #undoAttempt(): void {
    this.#undo.run();
    this.#release.run();
  }

  #finish(group: Group): void {
    if (this.#group !== group) return;
    try {
      this.#commit.run();
    } catch (error) {
      if (this.connection.inTransaction) this.connection.exec("ROLLBACK");
      return this.#abandon(group, toStorageError(error, this.#file));
    }
    this.#group = undefined;
    for (const action of group.afterCommit) action();
    if (this.#log === undefined) return group.resolve();
    this.#log.sync().then(
      () => group.resolve(),
      (error: unknown) => this.#fail(group, error),
    );
  }

  /** What is committed cannot be taken back, and nobody knows whether it is on disk: better no more of it. */
  #fail(group: Group, error: unknown): void {
    this.#failure ??= new StorageError(
      "failed",
      `The disk does not confirm what was written to '${this.#file}', so that nothing more is written (${String(error)}).`,
      { cause: error },
    );
    group.reject(this.#failure);
  }

  #abandon(group: Group, failure: unknown): void {
    this.#group = undefined;
    group.reject(failure);
  }
}

function createGroup(): Group {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const committed = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Each writer hears of a failure through its own `write`; a group whose writers all threw has none.
  committed.catch(() => undefined);
  return { committed, afterCommit: [], resolve, reject };
}
