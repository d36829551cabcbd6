import { UsageError } from "../command-error.ts";
import { devicePath } from "../hub/device-identity.ts";
import { hubCommand } from "../hub/hub-command.ts";

export const send = hubCommand({
  positionals: ["DEVICE", "TEXT"],
  options: {
    from: {
      type: "boolean",
      usage: "as telemetry of the device, not as a command to it",
    },
    properties: {
      type: "string",
      argument: "K=V,…",
      usage: "properties of the message",
    },
    "content-type": { type: "string", argument: "TYPE", usage: "of the text" },
  },
  async run({ args, client }) {
    const [deviceId = "", text = ""] = args.positionals;
    const isTelemetry = args.isSet("from");
    const contentType = args.text("content-type");
    await client.call({
      method: "POST",
      path: `${devicePath(deviceId)}/messages/${isTelemetry ? "events" : "devicebound"}`,
      text,
      headers: {
        ...propertyHeaders(args.text("properties")),
        ...(contentType !== undefined && {
          "iothub-contenttype": contentType,
          "iothub-contentencoding": "utf-8",
        }),
      },
    });
    return {
      text: isTelemetry
        ? `Sent as telemetry of device ${deviceId}.`
        : `Command for device ${deviceId} is queued.`,
      json: { deviceId, kind: isTelemetry ? "telemetry" : "command", isSent: true },
    };
  },
});

function propertyHeaders(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const headers = text.split(",").map((pair) => {
    const equals = pair.indexOf("=");
    const [name, value] = [pair.slice(0, Math.max(equals, 0)), pair.slice(equals + 1)];
    if (!/^[\w.-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) {
      throw new UsageError("--properties must be NAME=VALUE pairs, divided by commas.");
    }
    return [`iothub-app-${name}`, value] as const;
  });
  return Object.fromEntries(headers);
}
