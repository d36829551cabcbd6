// The management clients and what goes with them as an operator would run them: the official packages, the CA
// in NODE_EXTRA_CA_CERTS. Each line of its standard input is a call, each line it prints what came of it.
import { createInterface } from "node:readline";
import { IotDpsClient } from "@azure/arm-deviceprovisioningservices";
import { IotHubClient } from "@azure/arm-iothub";
import common from "azure-iot-common";
import iotDevice from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import iothub from "azure-iothub";

export interface ArmCall {
  /** `iothub.iotHubResource.beginCreateOrUpdateAndWait`, or one of the calls below. */
  readonly method: string;
  readonly args: readonly unknown[];
}

export type ArmOutcome =
  | { readonly value: unknown }
  | {
      readonly error: string;
      readonly message: string;
      readonly code?: string;
      readonly status?: number;
    };

const [endpoint = "", token = ""] = process.argv.slice(2);
const credential = {
  getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
};
const subscription = "11111111-2222-3333-4444-555555555555";
const options = { endpoint, retryOptions: { maxRetries: 0 } };

const clients: Readonly<Record<string, object>> = {
  iothub: new IotHubClient(credential, subscription, options),
  dps: new IotDpsClient(credential, subscription, options),
};

/** What becomes of a new hub: back ends and devices use it. */
const special: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
  createDevice: async (connectionString: string, deviceId: string) => {
    const registry = iothub.Registry.fromConnectionString(connectionString);
    const { responseBody } = await registry.create({ deviceId });
    return responseBody;
  },
  sendTelemetry: async (
    connectionString: string,
    body: string,
    properties: Readonly<Record<string, string>> = {},
  ) => {
    const client = iotDevice.Client.fromConnectionString(connectionString, Mqtt);
    await client.open();
    const message = new iotDevice.Message(body);
    for (const [key, value] of Object.entries(properties)) message.properties.add(key, value);
    await client.sendEvent(message);
    await client.close();
    return null;
  },
  /** Resolves with what ends the connection of a device. */
  stayConnected: async (connectionString: string) => {
    const client = iotDevice.Client.fromConnectionString(connectionString, Mqtt);
    await client.open();
    client.setRetryPolicy(new common.NoRetry());
    process.stdout.write(`${JSON.stringify({ id: 0, outcome: { value: "connected" } })}\n`);
    await new Promise<void>((resolve) => client.on("disconnect", () => resolve()));
    return "disconnected";
  },
};

async function call({ method, args }: ArmCall): Promise<unknown> {
  const own = special[method] as ((...all: unknown[]) => Promise<unknown>) | undefined;
  if (own !== undefined) return own(...args);
  const [client = "", group = "", name = ""] = method.split(".");
  const operations = (clients[client] as Record<string, Record<string, unknown>>)[group]!;
  const operation = operations[name] as (...all: unknown[]) => unknown;
  const result = operation.apply(operations, args.map(reviveBytes));
  const isPaged = typeof result === "object" && result !== null && Symbol.asyncIterator in result;
  if (!isPaged) return result;
  const items: unknown[] = [];
  for await (const item of result as AsyncIterable<unknown>) items.push(item);
  return items;
}

/** JSON has no bytes: `{ "$bytes": "base64" }` stands for them. */
function reviveBytes(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("$bytes" in value) return Buffer.from(String(value.$bytes), "base64");
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, reviveBytes(one)]));
}

async function perform(request: ArmCall): Promise<ArmOutcome> {
  try {
    return { value: (await call(request)) ?? null };
  } catch (error) {
    const { name, message, code, statusCode } = error as Error & {
      code?: string;
      statusCode?: number;
    };
    return {
      error: name,
      message,
      ...(code !== undefined && { code }),
      ...(statusCode !== undefined && { status: statusCode }),
    };
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, ...request } = JSON.parse(line) as ArmCall & { id: number };
    void perform(request).then((outcome) => {
      process.stdout.write(`${JSON.stringify({ id, outcome })}\n`);
    });
  })
  .on("close", () => process.exit(0));
