import path from "node:path";
import { writeFileAtomically } from "../files/atomic-file.ts";
import type { ConnectionInfo } from "./connection-info.ts";

/** Only the owner may read it: it holds every key. */
export async function writeConnectionFile(
  directory: string,
  connection: ConnectionInfo,
): Promise<string> {
  const file = path.join(directory, "connection.json");
  await writeFileAtomically(file, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 });
  return file;
}
