import { fileURLToPath } from "node:url";
import { Program } from "./program.ts";

/** The Node device SDK in a process of its own. */
export function startNodeProgram(env: Readonly<Record<string, string>>): Promise<Program> {
  return startProgram(new URL("./node-device-main.ts", import.meta.url), env);
}

/** A reader with the Node SDK for Event Hubs, which shares a group's partitions with others. */
export function startNodeEventProcessor(env: Readonly<Record<string, string>>): Promise<Program> {
  return startProgram(new URL("./node-event-processor-main.ts", import.meta.url), env);
}

/** It trusts the server's CA as users make it. */
async function startProgram(main: URL, env: Readonly<Record<string, string>>): Promise<Program> {
  return new Program({
    command: process.execPath,
    args: ["--import", "tsx", fileURLToPath(main)],
    // Uploads know no other way to trust a server.
    env: { NODE_EXTRA_CA_CERTS: env["CA_FILE"] ?? "", ...env },
  });
}
