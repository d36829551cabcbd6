import { UsageError } from "../command-error.ts";
import { hubCommand } from "../hub/hub-command.ts";

export const method = hubCommand({
  positionals: ["DEVICE", "NAME"],
  options: {
    payload: { type: "string", argument: "JSON", usage: "what the method is given" },
    module: { type: "string", argument: "ID", usage: "of this module of the device" },
    timeout: {
      type: "string",
      argument: "S",
      usage: "seconds to wait for the answer (default: 30)",
    },
  },
  async run({ args, client }) {
    const [deviceId = "", methodName = ""] = args.positionals;
    const moduleId = args.text("module");
    const module = moduleId === undefined ? "" : `/modules/${encodeURIComponent(moduleId)}`;
    const timeout = args.text("timeout");
    if (timeout !== undefined && !/^\d{1,3}$/.test(timeout)) {
      throw new UsageError("--timeout must be a whole number of seconds.");
    }
    const seconds = timeout === undefined ? undefined : Number(timeout);
    const result = (await client.call({
      method: "POST",
      path: `/twins/${encodeURIComponent(deviceId)}${module}/methods`,
      body: {
        methodName,
        payload: readPayload(args.text("payload")),
        responseTimeoutInSeconds: seconds,
      },
      msMax: ((seconds ?? 30) + 30) * 1000,
    })) as { status: number; payload: unknown };
    return {
      text: `Status ${result.status}\n${JSON.stringify(result.payload, null, 2)}`,
      json: result,
    };
  },
});

function readPayload(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError("--payload must be JSON.");
  }
}
