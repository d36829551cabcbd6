import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Debian installs servers where only root's PATH looks. */
const SERVER_DIRECTORIES = ["/usr/sbin", "/usr/local/sbin"];

/** The full path of a command, or `undefined` when this machine does not have it. */
export async function findCommand(name: string): Promise<string | undefined> {
  for (const directory of [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...SERVER_DIRECTORIES,
  ]) {
    const file = join(directory, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // not here, look on
    }
  }
  return undefined;
}
