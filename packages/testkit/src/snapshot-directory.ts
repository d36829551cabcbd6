import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";

/** Every file and folder below, with its mode and a digest of its content: equal when nothing was changed. */
export async function snapshotDirectory(directory: string): Promise<Record<string, string>> {
  const names = await readdir(directory, { recursive: true });
  const entries = names.toSorted().map(async (name) => {
    const file = path.join(directory, name);
    const found = await stat(file);
    const mode = (found.mode & 0o777).toString(8);
    if (found.isDirectory()) return [name, `folder ${mode}`] as const;
    const digest = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    return [name, `file ${mode} ${digest}`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
