import type { Command } from "../command.ts";
import type { ConnectedCommandSpec, ConnectedInput } from "../connection/connected-command.ts";
import { connectedCommand } from "../connection/connected-command.ts";
import { AdminClient } from "./admin-client.ts";

export interface ServerCommandInput extends ConnectedInput {
  readonly admin: AdminClient;
}

/** A command that administers a running server. */
export function serverCommand(spec: ConnectedCommandSpec<ServerCommandInput>): Command {
  return connectedCommand({
    ...spec,
    run: (input) => spec.run({ ...input, admin: new AdminClient(input.connection) }),
  });
}
