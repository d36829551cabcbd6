import type { DeviceIdentity } from "../../hub/device-identity.ts";
import { hubCommand } from "../../hub/hub-command.ts";

const DEVICES_MAX = 1000;

export const deviceList = hubCommand({
  async run({ client }) {
    const devices = (await client.call({
      method: "GET",
      path: "/devices",
      query: { top: String(DEVICES_MAX) },
    })) as DeviceIdentity[];
    return { text: devices.length === 0 ? "There are no devices." : table(devices), json: devices };
  },
});

function table(devices: readonly DeviceIdentity[]): string {
  const rows = [
    ["DEVICE", "STATUS", "CONNECTION", "AUTHENTICATION"],
    ...devices.map(({ deviceId, status, connectionState, authentication }) => [
      deviceId,
      status,
      connectionState,
      authentication.type,
    ]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
  if (devices.length === DEVICES_MAX) lines.push(`(the first ${DEVICES_MAX})`);
  return lines.join("\n");
}
