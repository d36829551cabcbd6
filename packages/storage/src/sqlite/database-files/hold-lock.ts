import type Database from "better-sqlite3";
import { toStorageError } from "../../storage-error.ts";
import { connect } from "./connect.ts";

/** The file that says whether somebody uses the directory it is in. */
export const LOCK_FILE = "lock.db";

/**
 * Keeps everybody else from holding the file until disposed. The lock belongs to the open file, so the kernel
 * frees it however the process ends. Throws `StorageError`, `inUse` when somebody holds it.
 */
export function holdLock(file: string, options: Database.Options = {}): Disposable {
  let lock: Database.Database | undefined;
  try {
    lock = connect(file, { ...options, timeout: 0 });
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    throw toStorageError(error, file);
  }
  const held = lock;
  return { [Symbol.dispose]: () => void held.close() };
}
