import { devicePath } from "../../hub/device-identity.ts";
import { hubCommand } from "../../hub/hub-command.ts";

export const deviceShow = hubCommand({
  positionals: ["ID"],
  async run({ args, client }) {
    const [deviceId = ""] = args.positionals;
    const device = await client.call({ method: "GET", path: devicePath(deviceId) });
    return { text: JSON.stringify(device, null, 2), json: device };
  },
});
