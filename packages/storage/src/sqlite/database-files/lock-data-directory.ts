import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { StorageError, toStorageError } from "../../storage-error.ts";
import { holdLock, LOCK_FILE } from "./hold-lock.ts";
import { createPrivateFile } from "./private-file.ts";

/** Makes the directory if need be and keeps every other server out of it until disposed. Throws `StorageError`. */
export function lockDataDirectory(directory: string): Disposable {
  makeDirectory(directory);
  const file = path.join(directory, LOCK_FILE);
  try {
    createPrivateFile(file);
    return holdLock(file);
  } catch (error) {
    const failure = toStorageError(error, file);
    if (failure.code !== "inUse") throw failure;
    throw new StorageError(
      "inUse",
      `The data directory '${directory}' is in use by another server.`,
      { cause: error },
    );
  }
}

function makeDirectory(directory: string): void {
  try {
    makeWithParents(path.resolve(directory));
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      "notWritable",
      `The data directory '${directory}' cannot be written (${reason}).`,
      { cause: error },
    );
  }
}

/** By hand, because `mkdirSync` with `recursive` never returns where a parent refuses with ENOENT, as /proc does. */
function makeWithParents(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = path.dirname(directory);
  if (parent !== directory) makeWithParents(parent);
  mkdirSync(directory, { mode: 0o700 });
}
