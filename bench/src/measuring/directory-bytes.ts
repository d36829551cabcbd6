import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the files of a directory hold; those of folders in it do not count. */
export function directoryBytes(directory: string): number {
  return readdirSync(directory).reduce(
    (sum, name) => sum + statSync(join(directory, name)).size,
    0,
  );
}
