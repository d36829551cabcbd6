import { hubCommand } from "../../hub/hub-command.ts";
import { twinPath } from "../../hub/twin-path.ts";

export const twinShow = hubCommand({
  positionals: ["DEVICE"],
  options: { module: { type: "string", argument: "ID", usage: "of this module of the device" } },
  async run({ args, client }) {
    const [deviceId = ""] = args.positionals;
    const twin = await client.call({
      method: "GET",
      path: twinPath(deviceId, args.text("module")),
    });
    return { text: JSON.stringify(twin, null, 2), json: twin };
  },
});
