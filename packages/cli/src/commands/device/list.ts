import type { DeviceIdentity } from "../../hub/device-identity.ts";
import { hubCommand } from "../../hub/hub-command.ts";
import { table } from "../../table.ts";

const DEVICES_MAX = 1000;

export const deviceList = hubCommand({
  async run({ client }) {
    const devices = (await client.call({
      method: "GET",
      path: "/devices",
      query: { top: String(DEVICES_MAX) },
    })) as DeviceIdentity[];
    return {
      text: devices.length === 0 ? "There are no devices." : describe(devices),
      json: devices,
    };
  },
});

function describe(devices: readonly DeviceIdentity[]): string {
  const lines = [
    table([
      ["DEVICE", "STATUS", "CONNECTION", "AUTHENTICATION"],
      ...devices.map(({ deviceId, status, connectionState, authentication }) => [
        deviceId,
        status,
        connectionState,
        authentication.type,
      ]),
    ]),
  ];
  if (devices.length === DEVICES_MAX) lines.push(`(the first ${DEVICES_MAX})`);
  return lines.join("\n");
}
