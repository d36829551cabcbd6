import { randomBytes } from "node:crypto";
import path from "node:path";
import { readIfThere, writeFileAtomically } from "../files/atomic-file.ts";

const TOKEN_BYTES = 32;

/** The token that authorises administration: made at first start, the same at every later one. */
export async function keepAdminToken(
  directory: string,
  configured: string | undefined,
): Promise<string> {
  if (configured !== undefined) return configured;
  const file = path.join(directory, "admin-token");
  const kept = (await readIfThere(file))?.trim();
  if (kept !== undefined && kept.length > 0) return kept;
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  await writeFileAtomically(file, `${token}\n`, { mode: 0o600 });
  return token;
}
