import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";

/**
 * Brings what was committed to the disk without making the event loop wait for it: a sync of the write-ahead
 * log, in which all commits of the meantime share the next one. What SQLite does itself with
 * `synchronous = FULL`, on the thread that commits.
 */
export class LogSync implements AsyncDisposable {
  readonly #databaseFile: string;
  #log: Promise<FileHandle> | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(databaseFile: string) {
    this.#databaseFile = databaseFile;
  }

  /** Resolves when everything committed before this call is on disk. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The one that is running may have begun too early.
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => undefined);
    const log = await this.#log?.catch(() => undefined);
    await log?.close();
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#syncLog().then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    // After a failure nobody knows what is on disk: it stays, and with it every later sync fails.
    this.#running = running;
    return running;
  }

  async #syncLog(): Promise<void> {
    const log = await (this.#log ??= this.#openLog());
    await log.datasync();
  }

  /** The log exists as long as the database is open; SQLite takes its locks on other files. */
  async #openLog(): Promise<FileHandle> {
    const log = await open(`${this.#databaseFile}-wal`, "r+");
    // The file may be new, and its name must survive as well as its content. Windows sees to that itself.
    if (process.platform !== "win32") await syncDirectory(path.dirname(this.#databaseFile));
    return log;
  }
}

/** For what may be lost with the server. */
export const NO_SYNC: Pick<LogSync, "sync"> & AsyncDisposable = {
  sync: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
