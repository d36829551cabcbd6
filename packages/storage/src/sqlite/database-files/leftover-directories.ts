import { existsSync } from "node:fs";
import { lstat, opendir, readdir, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { StorageError } from "../../storage-error.ts";
import type { StorageLog } from "../../storage-log.ts";
import { EPHEMERAL_PREFIX } from "./ephemeral-directory.ts";
import { holdLock, LOCK_FILE } from "./hold-lock.ts";

/**
 * Removes, in the background, what ephemeral servers that were killed have left. A directory is nobody's when its
 * lock is free; one without a lock is not ours, or about to be somebody's. Nothing that goes wrong here matters
 * to the server that starts.
 */
export class LeftoverDirectories implements AsyncDisposable {
  readonly #log: StorageLog;
  readonly #done: Promise<void>;
  #isClosed = false;

  constructor(log: StorageLog) {
    this.#log = log;
    this.#done = this.#sweep().catch((error: unknown) => this.#tell(tmpdir(), error));
  }

  /** Resolves when what there was is gone. */
  async swept(): Promise<void> {
    await this.#done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#done;
  }

  async #sweep(): Promise<void> {
    const parent = tmpdir();
    for await (const entry of await opendir(parent)) {
      if (this.#isClosed) return;
      // A symbolic link is no directory here, wherever it leads.
      if (!entry.isDirectory() || !entry.name.startsWith(EPHEMERAL_PREFIX)) continue;
      const directory = path.join(parent, entry.name);
      await removeIfLeft(directory).catch((error: unknown) => this.#tell(directory, error));
    }
  }

  #tell(directory: string, error: unknown): void {
    if (isGone(error)) return;
    this.#log.warn({ err: error, directory }, "files of a server that was killed not removed");
  }
}

async function removeIfLeft(directory: string): Promise<void> {
  if (!(await isOurs(directory))) return;
  const lockFile = path.join(directory, LOCK_FILE);
  if (!(await lstat(lockFile)).isFile()) return;
  using lock = holdIfFree(lockFile);
  if (lock === undefined) return;
  for (const name of await readdir(directory)) {
    if (name !== LOCK_FILE) await rm(path.join(directory, name), { recursive: true, force: true });
  }
  // Last, so that whoever is killed here leaves it recognisable, and while nobody else can have it.
  await rm(lockFile, { force: true });
  await rmdir(directory);
}

async function isOurs(directory: string): Promise<boolean> {
  return process.getuid === undefined || (await lstat(directory)).uid === process.getuid();
}

function holdIfFree(file: string): Disposable | undefined {
  try {
    return holdLock(file, { fileMustExist: true });
  } catch (error) {
    const isInUse = error instanceof StorageError && error.code === "inUse";
    if (isInUse || !existsSync(file)) return undefined;
    throw error;
  }
}

/** Another server sweeps at the same time, or its owner left in order. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTEMPTY";
}
