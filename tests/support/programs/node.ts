import { fileURLToPath } from "node:url";
import { Program } from "./program.ts";

const MAIN = fileURLToPath(new URL("./node-device-main.ts", import.meta.url));

/** The Node device SDK in a process of its own, which trusts the server's CA as users make it. */
export async function startNodeProgram(env: Readonly<Record<string, string>>): Promise<Program> {
  return new Program({
    command: process.execPath,
    args: ["--import", "tsx", MAIN],
    // Uploads know no other way to trust a server.
    env: { NODE_EXTRA_CA_CERTS: env["CA_FILE"] ?? "", ...env },
  });
}
