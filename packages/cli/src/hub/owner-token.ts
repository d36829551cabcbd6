import { createHmac } from "node:crypto";
import { buildSasToken } from "@larimar/wire";
import { CommandError } from "../command-error.ts";
import type { HubConnection } from "../connection/connection-file.ts";

/** Every hub is created with it, and it may do everything. */
export const OWNER_POLICY = "iothubowner";

export function ownerToken(hub: HubConnection, lifetimeMs: number): string {
  const owner = hub.connectionStrings[OWNER_POLICY];
  if (owner === undefined) {
    throw new CommandError(`Hub '${hub.name}' has no policy '${OWNER_POLICY}' any more.`);
  }
  const key = /;SharedAccessKey=(.+)$/.exec(owner)?.[1] ?? "";
  return buildSasToken({
    resource: hub.hostName,
    expiresAtMs: Date.now() + lifetimeMs,
    policyName: OWNER_POLICY,
    sign: (text) => createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64"),
  });
}
