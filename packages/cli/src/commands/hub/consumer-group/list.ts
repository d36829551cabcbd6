import { chooseHub } from "../../../connection/connection-file.ts";
import { consumerGroupPath } from "../../../server/consumer-group-path.ts";
import { HUB_OPTION } from "../../../connection/options.ts";
import { serverCommand } from "../../../server/server-command.ts";

export const consumerGroupList = serverCommand({
  options: { hub: HUB_OPTION },
  async run({ args, admin, connection }) {
    const { name } = chooseHub(connection, args.text("hub"));
    const { value } = await admin.call<{ value: { name: string }[] }>({
      method: "GET",
      path: consumerGroupPath(name),
    });
    const names = value.map((group) => group.name);
    return { text: names.join("\n"), json: names };
  },
});
