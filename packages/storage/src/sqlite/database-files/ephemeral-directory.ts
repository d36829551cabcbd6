import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { StorageError } from "../../storage-error.ts";
import { LOCK_FILE } from "./hold-lock.ts";
import { lockDataDirectory } from "./lock-data-directory.ts";

export const EPHEMERAL_PREFIX = "larimar-ephemeral-";
/** Until it is locked, a new directory looks like one that was left behind, should somebody look just then. */
const ATTEMPTS_MAX = 8;

export interface EphemeralDirectory extends Disposable {
  readonly path: string;
}

/**
 * A directory in the system's temporary one, gone with whoever disposes of it. What a process that is killed
 * leaves, the next ephemeral server removes (`LeftoverDirectories`): its lock says that nobody uses it. Throws
 * `StorageError`.
 */
export function makeEphemeralDirectory(): EphemeralDirectory {
  for (let attempt = 1; ; attempt++) {
    const directory = mkdtempSync(path.join(tmpdir(), EPHEMERAL_PREFIX));
    try {
      const lock = lockNew(directory);
      return { path: directory, [Symbol.dispose]: () => leave(directory, lock) };
    } catch (error) {
      remove(directory);
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** What says that there is something to remove goes last, and while nobody else can have it. */
function leave(directory: string, lock: Disposable): void {
  try {
    for (const name of readdirSync(directory)) {
      if (!name.startsWith(LOCK_FILE)) remove(path.join(directory, name));
    }
    remove(directory);
  } catch {
    // Files that are open cannot be removed on Windows; elsewhere, somebody looks at the lock just now.
  } finally {
    lock[Symbol.dispose]();
  }
  remove(directory);
}

function remove(file: string): void {
  rmSync(file, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
}

function lockNew(directory: string): Disposable {
  const lock = lockDataDirectory(directory);
  // Somebody who removed it has let go of a file that has no name any more.
  if (existsSync(path.join(directory, LOCK_FILE))) return lock;
  lock[Symbol.dispose]();
  throw new StorageError("inUse", `The directory '${directory}' was removed`);
}
