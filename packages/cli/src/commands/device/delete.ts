import { devicePath } from "../../hub/device-identity.ts";
import { hubCommand } from "../../hub/hub-command.ts";

export const deviceDelete = hubCommand({
  positionals: ["ID"],
  async run({ args, client }) {
    const [deviceId = ""] = args.positionals;
    await client.call({ method: "DELETE", path: devicePath(deviceId), ifMatch: "*" });
    return { text: `Device ${deviceId} was deleted.`, json: { deviceId, isDeleted: true } };
  },
});
