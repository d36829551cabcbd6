import { readdir, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import { lockDataDirectory } from "@larimar/storage";
import { StartError } from "../start-error.ts";

const DATABASES = ["state.db", "events.db"];
/** Everything a server may have made, and nothing else: someone may keep other things beside it. */
const MADE_BY_SERVERS = [
  ...DATABASES.flatMap((name) => [name, `${name}-wal`, `${name}-shm`]),
  "blobs",
  "tls",
  "ca.pem",
  "admin-token",
  "connection.json",
];
const LOCK = "lock.db";

/**
 * Deletes everything a server keeps in the directory, and the directory too when nothing else is in it.
 * Throws `StartError` when there is nothing, `StorageError` while a server uses it.
 */
export async function resetData(directory: string): Promise<void> {
  if (!(await holdsData(directory))) throw new StartError(`There is no data in '${directory}'.`);
  const lock = lockDataDirectory(directory);
  try {
    for (const name of MADE_BY_SERVERS) {
      await rm(path.join(directory, name), { recursive: true, force: true });
    }
    await rm(path.join(directory, LOCK), { force: true });
  } finally {
    lock[Symbol.dispose]();
  }
  if ((await readdir(directory)).length === 0) await rmdir(directory);
}

async function holdsData(directory: string): Promise<boolean> {
  const found = await Promise.all(
    DATABASES.map((name) => stat(path.join(directory, name)).catch(() => undefined)),
  );
  return found.some((database) => database !== undefined);
}
