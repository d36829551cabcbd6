import type { DeviceIdentity } from "../../hub/device-identity.ts";
import { connectionStringOf, devicePath } from "../../hub/device-identity.ts";
import { hubCommand } from "../../hub/hub-command.ts";

export const deviceCreate = hubCommand({
  positionals: ["ID"],
  options: {
    disabled: { type: "boolean", usage: "it may not connect yet" },
    thumbprint: {
      type: "string",
      argument: "HEX",
      usage: "of its self-signed certificate, instead of keys",
    },
  },
  async run({ args, hub, client }) {
    const [deviceId = ""] = args.positionals;
    const primaryThumbprint = args.text("thumbprint");
    const device = (await client.call({
      method: "PUT",
      path: devicePath(deviceId),
      body: {
        deviceId,
        status: args.isSet("disabled") ? "disabled" : "enabled",
        ...(primaryThumbprint !== undefined && {
          authentication: { type: "selfSigned", x509Thumbprint: { primaryThumbprint } },
        }),
      },
    })) as DeviceIdentity;
    const connectionString = connectionStringOf(device, hub);
    return {
      text: `Device ${deviceId} was created. Its connection string:\n  ${connectionString}`,
      json: { device, connectionString },
    };
  },
});
