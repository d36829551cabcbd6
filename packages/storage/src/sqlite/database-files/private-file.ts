import { closeSync, openSync } from "node:fs";

/**
 * Creates a file that only its owner can read; SQLite gives the files it puts beside it the same mode.
 * One that exists is not even opened: closing it again would drop the locks that this process holds on it.
 */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
