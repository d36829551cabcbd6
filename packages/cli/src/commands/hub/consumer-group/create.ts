import { chooseHub } from "../../../connection/connection-file.ts";
import { consumerGroupPath } from "../../../server/consumer-group-path.ts";
import { HUB_OPTION } from "../../../connection/options.ts";
import { serverCommand } from "../../../server/server-command.ts";

export const consumerGroupCreate = serverCommand({
  positionals: ["GROUP"],
  options: { hub: HUB_OPTION },
  async run({ args, admin, connection }) {
    const [group = ""] = args.positionals;
    const { name: hub } = chooseHub(connection, args.text("hub"));
    const path = consumerGroupPath(hub, group);
    await admin.call({ method: "PUT", path, body: { properties: { name: group } } });
    return {
      text: `Consumer group ${group} of hub ${hub} was created.`,
      json: { hub, consumerGroup: group, isCreated: true },
    };
  },
});
