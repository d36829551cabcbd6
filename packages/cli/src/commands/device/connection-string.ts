import type { DeviceIdentity } from "../../hub/device-identity.ts";
import { connectionStringOf, devicePath } from "../../hub/device-identity.ts";
import { hubCommand } from "../../hub/hub-command.ts";

export const deviceConnectionString = hubCommand({
  positionals: ["ID"],
  async run({ args, hub, client }) {
    const [deviceId = ""] = args.positionals;
    const call = { method: "GET", path: devicePath(deviceId) } as const;
    const device = (await client.call(call)) as DeviceIdentity;
    const connectionString = connectionStringOf(device, hub);
    return { text: connectionString, json: { connectionString } };
  },
});
