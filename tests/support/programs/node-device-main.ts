// Devices and modules as users write them with azure-iot-device, for tests to drive: see Program.
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import type {
  Client as DeviceClient,
  DeviceMethodRequest,
  DeviceMethodResponse,
  Message as DeviceMessage,
  ModuleClient as DeviceModuleClient,
  Twin,
} from "azure-iot-device";
import device from "azure-iot-device";
import amqp from "azure-iot-device-amqp";
import http from "azure-iot-device-http";
import mqtt from "azure-iot-device-mqtt";
import common from "azure-iot-common";
import { Inbox } from "./inbox.ts";
import { serveCalls } from "./serve-calls.ts";

const TRANSPORTS = {
  mqtt: mqtt.Mqtt,
  "mqtt-ws": mqtt.MqttWs,
  amqp: amqp.Amqp,
  "amqp-ws": amqp.AmqpWs,
  http: http.Http,
};
const ca = readFileSync(process.env["CA_FILE"] ?? "", "utf8");

interface OpenRequest {
  readonly name: string;
  readonly transport: keyof typeof TRANSPORTS;
  readonly connectionString?: string;
  readonly certificate?: Readonly<
    Record<"hostName" | "deviceId" | "certFile" | "keyFile", string> & { moduleId?: string }
  >;
  readonly tokenTtlSeconds?: number;
}

interface MessageText {
  readonly body: string;
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly interfaceId?: string;
  readonly outputName?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

interface Command {
  readonly body: string;
  readonly messageId: string;
  readonly correlationId: unknown;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
}

interface Opened {
  readonly client: DeviceClient & DeviceModuleClient;
  readonly commands: Inbox<Command>;
  readonly desired: Inbox<unknown>;
  readonly disconnects: Inbox<string>;
  twin: Promise<Twin> | undefined;
}

const clients = new Map<string, Opened>();

function opened(name: string): Opened {
  const found = clients.get(name);
  if (found === undefined) throw new Error(`'${name}' is not open`);
  return found;
}

async function open(request: OpenRequest): Promise<null> {
  const { name, transport, certificate, tokenTtlSeconds } = request;
  const client = createClient(request);
  await client.setOptions({
    ca,
    ...(certificate && {
      cert: readFileSync(certificate.certFile, "utf8"),
      key: readFileSync(certificate.keyFile, "utf8"),
    }),
    ...(transport === "http" && { http: { receivePolicy: { interval: 1 } } }),
    ...(tokenTtlSeconds !== undefined && {
      tokenRenewal: {
        tokenValidTimeInSeconds: tokenTtlSeconds,
        tokenRenewalMarginInSeconds: tokenTtlSeconds - 2,
      },
    }),
  });
  client.on("error", () => {});
  const disconnects = new Inbox<string>();
  client.on("disconnect", () => disconnects.put("disconnected"));
  await client.open();
  const inboxes = { commands: new Inbox<Command>(), desired: new Inbox<unknown>(), disconnects };
  clients.set(name, { client, ...inboxes, twin: undefined });
  return null;
}

function createClient({ transport, connectionString, certificate }: OpenRequest) {
  const text = connectionString ?? certificateConnectionString(certificate!);
  const kind = text.includes("ModuleId=") ? device.ModuleClient : device.Client;
  return kind.fromConnectionString(text, TRANSPORTS[transport]) as DeviceClient &
    DeviceModuleClient;
}

function certificateConnectionString(fields: NonNullable<OpenRequest["certificate"]>): string {
  const module = fields.moduleId === undefined ? "" : `;ModuleId=${fields.moduleId}`;
  return `HostName=${fields.hostName};DeviceId=${fields.deviceId}${module};x509=true`;
}

function messageOf(text: MessageText): DeviceMessage {
  const message = new device.Message(text.body);
  Object.assign(message, pick(text, "messageId", "correlationId", "contentType"));
  Object.assign(message, pick(text, "contentEncoding", "interfaceId"));
  for (const [name, value] of Object.entries(text.properties ?? {})) {
    message.properties.add(name, value);
  }
  return message;
}

function pick(text: MessageText, ...names: (keyof MessageText)[]): Partial<MessageText> {
  return Object.fromEntries(
    names.filter((name) => text[name] !== undefined).map((name) => [name, text[name]]),
  );
}

/** The twin object is one for each client, and hears of changes once somebody listens. */
function twinOf(name: string): Promise<Twin> {
  const own = opened(name);
  own.twin ??= own.client.getTwin();
  return own.twin;
}

const calls: Readonly<Record<string, (args: never) => Promise<unknown>>> = {
  open,

  async close({ name }: { name: string }) {
    const { client } = opened(name);
    clients.delete(name);
    await client.close();
    return null;
  },

  async noRetry({ name }: { name: string }) {
    opened(name).client.setRetryPolicy(new common.NoRetry());
    return null;
  },

  async send({ name, message }: { name: string; message: MessageText }) {
    const { client } = opened(name);
    const { outputName } = message;
    if (outputName === undefined) await client.sendEvent(messageOf(message));
    else await client.sendOutputEvent(outputName, messageOf(message));
    return null;
  },

  async sendBatch({ name, messages }: { name: string; messages: readonly MessageText[] }) {
    await opened(name).client.sendEventBatch(messages.map(messageOf));
    return null;
  },

  /** Reads it anew, whatever the client knows already. */
  async twin({ name }: { name: string }) {
    const twin = await twinOf(name);
    await twin.get();
    const { desired, reported } = twin.properties;
    return JSON.parse(JSON.stringify({ desired, reported })) as unknown;
  },

  async report({ name, patch }: { name: string; patch: object }) {
    const twin = await twinOf(name);
    const { reported } = twin.properties as unknown as {
      reported: { update(patch: object, done: (error?: Error) => void): void };
    };
    await new Promise<void>((resolve, reject) => {
      reported.update(patch, (error) => (error ? reject(error) : resolve()));
    });
    return null;
  },

  async listenForDesired({ name }: { name: string }) {
    const { desired } = opened(name);
    const twin = await twinOf(name);
    const { $version: known } = twin.properties.desired as { readonly $version: number };
    // The first call tells what is desired already.
    twin.on("properties.desired", (patch: { readonly $version: number }) => {
      if (patch.$version > known) desired.put(patch);
    });
    // The client says nothing once it listens; what it asks from here on is answered later than that.
    await twin.get();
    return null;
  },

  nextDesired: ({ name }: { name: string }) => opened(name).desired.take(),

  /** Answers each with its own name and payload; the method `fail` with a status of its own. */
  async answerMethods({ name }: { name: string }) {
    const { client } = opened(name);
    for (const methodName of ["open", "fail", "shoot", "renewed", "again"]) {
      const answer = (request?: DeviceMethodRequest, response?: DeviceMethodResponse): void => {
        const payload = { name: methodName, payload: request?.payload as unknown };
        response?.send(methodName === "fail" ? 418 : 200, payload).catch(() => {});
      };
      // Devices and modules call it differently.
      if ("onDeviceMethod" in client) client.onDeviceMethod(methodName, answer);
      else (client as DeviceModuleClient).onMethod(methodName, answer);
    }
    return null;
  },

  async listenForCommands({ name }: { name: string }) {
    const { client, commands } = opened(name);
    client.on("message", (message: DeviceMessage) => {
      const list = message.properties.propertyList as readonly { key: string; value: string }[];
      const properties: Readonly<Record<string, string>> = Object.fromEntries(
        // Over HTTPS this SDK leaves the names of the headers as they are.
        list.map(({ key, value }) => [key.replace(/^iothub-app-/, ""), value]),
      );
      const { messageId, correlationId, contentType, contentEncoding } = message;
      const body = message.getBytes().toString();
      commands.put({ body, messageId, correlationId, contentType, contentEncoding, properties });
      const verdict = properties["verdict"] ?? "complete";
      const settle = client[verdict as "complete" | "reject" | "abandon"].bind(client);
      settle(message).catch(() => {});
    });
    return null;
  },

  nextCommand: ({ name }: { name: string }) => opened(name).commands.take(),

  /** Of this client, since it was opened. */
  nextDisconnect: ({ name }: { name: string }) => opened(name).disconnects.take(),

  async upload({ name, blobName, text }: { name: string; blobName: string; text: string }) {
    const content = Buffer.from(text);
    await opened(name).client.uploadToBlob(blobName, Readable.from([content]), content.length);
    return null;
  },
};

// Some failures reach nobody's promise; the application goes on all the same.
process.on("unhandledRejection", () => {});

serveCalls(calls);
