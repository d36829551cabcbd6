import { createHmac } from "node:crypto";
import { buildSasToken, connectionFields } from "@larimar/wire";
import type { Command } from "../command.ts";
import type { ConnectedCommandSpec } from "../connection/connected-command.ts";
import { connectedCommand } from "../connection/connected-command.ts";
import type { Connection, ServiceConnection } from "../connection/connection-file.ts";
import { chooseService } from "../connection/connection-file.ts";
import { DPS_OPTION } from "../connection/options.ts";
import type { Call } from "../connection/send-request.ts";
import { sendRequest } from "../connection/send-request.ts";
import type { Arguments } from "../read-arguments.ts";

const API_VERSION = "2021-10-01";
const TOKEN_LIFETIME_MS = 5 * 60 * 1000;

export interface ServiceCommandInput {
  readonly args: Arguments;
  readonly service: ServiceConnection;
  /** The service API of provisioning. Throws `CommandError`. */
  readonly call: <Answer>(call: Call) => Promise<Answer>;
}

/** A command that asks a provisioning service something. */
export function serviceCommand(spec: ConnectedCommandSpec<ServiceCommandInput>): Command {
  return connectedCommand({
    ...spec,
    options: { ...spec.options, dps: DPS_OPTION },
    run: ({ args, connection }) => {
      const service = chooseService(connection, args.text("dps"));
      return spec.run({
        args,
        service,
        call: async <Answer>(call: Call) => (await ask(connection, service, call)) as Answer,
      });
    },
  });
}

function ask(connection: Connection, service: ServiceConnection, call: Call): Promise<unknown> {
  const fields = connectionFields(service.connectionString);
  const key = fields.get("sharedaccesskey") ?? "";
  const { hostName } = service;
  const authorization = buildSasToken({
    resource: hostName,
    expiresAtMs: Date.now() + TOKEN_LIFETIME_MS,
    policyName: fields.get("sharedaccesskeyname") ?? "",
    sign: (text) => createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64"),
  });
  return sendRequest(connection, { hostName, authorization, apiVersion: API_VERSION }, call);
}
