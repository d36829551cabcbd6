import type { Command } from "../command.ts";
import type { ConnectedCommandSpec, ConnectedInput } from "../connection/connected-command.ts";
import { connectedCommand } from "../connection/connected-command.ts";
import type { HubConnection } from "../connection/connection-file.ts";
import { chooseHub } from "../connection/connection-file.ts";
import { HUB_OPTION } from "../connection/options.ts";
import { HubClient } from "./hub-client.ts";

export interface HubCommandInput extends ConnectedInput {
  readonly hub: HubConnection;
  readonly client: HubClient;
}

/** A command that asks a hub something: the default one, or the one that --hub names. */
export function hubCommand(spec: ConnectedCommandSpec<HubCommandInput>): Command {
  return connectedCommand({
    ...spec,
    options: { ...spec.options, hub: HUB_OPTION },
    run: (input) => {
      const hub = chooseHub(input.connection, input.args.text("hub"));
      return spec.run({ ...input, hub, client: new HubClient(input.connection, hub) });
    },
  });
}
