import { once } from "node:events";
import { type TestServer, startTestServer } from "@larimar/testkit";
import { Client, type Message } from "azure-iot-device";
import { Http } from "azure-iot-device-http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// Neither client knows other ports than the standard ones.
const ADDRESS = "127.0.0.44";

describe("commands over HTTPS to azure-iot-device", () => {
  let server: TestServer;
  let service: RegistryClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, amqpPort: 5671 },
    });
    service = new RegistryClient({
      connectionString: server.connection.hubs[0]?.connectionStrings["iothubowner"] ?? "",
      caFile: server.connection.caFile,
    });
    await service.call("open");
  });

  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Asks for commands once a second, and then until there are none. */
  async function connect(deviceId: string): Promise<Client> {
    const { connectionString } = await server.client().createDevice(deviceId);
    const client = Client.fromConnectionString(connectionString, Http);
    const http = { receivePolicy: { interval: 1, drain: true } };
    await client.setOptions({ ca: server.client().caPem, http });
    return client;
  }

  async function send(deviceId: string, ...messageIds: string[]): Promise<void> {
    for (const messageId of messageIds) {
      const message = { data: `do ${messageId}`, messageId, ack: "full" };
      const sent = await service.call("sendCommand", deviceId, message);
      expect(sent).toMatchObject({ status: 200 });
    }
  }

  test("arrive in order, and are completed, rejected or abandoned", async () => {
    const deviceId = "valve:1";
    const client = await connect(deviceId);
    await send(deviceId, "m1", "m2", "m3");
    const received: string[] = [];
    const settled: Promise<unknown>[] = [];
    const settle = (message: Message): Promise<unknown> => {
      if (message.messageId === "m2") return client.reject(message);
      const isFirst = received.filter((id) => id === message.messageId).length === 1;
      if (message.messageId === "m3" && isFirst) return client.abandon(message);
      return client.complete(message);
    };
    const bodies: string[] = [];
    await new Promise<void>((resolve, reject) => {
      client.on("error", reject);
      client.on("message", (message: Message) => {
        received.push(message.messageId);
        bodies.push(message.getBytes().toString());
        settled.push(settle(message));
        if (received.length === 4) resolve();
      });
    });
    await Promise.all(settled);
    await client.close();
    expect(received).toEqual(["m1", "m2", "m3", "m3"]);
    expect(bodies).toEqual(["do m1", "do m2", "do m3", "do m3"]);
    expect(await service.call("get", deviceId)).toMatchObject({
      body: { cloudToDeviceMessageCount: 0 },
    });
    const { body } = (await service.call("feedback", 3)) as {
      body: { originalMessageId: string }[];
    };
    const idOf = (feedback: { originalMessageId: string }) => feedback.originalMessageId;
    // Verdicts are requests of their own, and may overtake each other.
    expect(body.toSorted((a, b) => idOf(a).localeCompare(idOf(b)))).toMatchObject([
      { originalMessageId: "m1", statusCode: "Success", deviceId },
      { originalMessageId: "m2", statusCode: "Rejected", deviceId },
      { originalMessageId: "m3", statusCode: "Success", deviceId },
    ]);
  });

  test("cannot be settled twice", async () => {
    const client = await connect("valve:2");
    await send("valve:2", "m1");
    const [message] = (await once(client, "message")) as [Message];
    await client.complete(message);
    const lost = expect.objectContaining({
      responseBody: expect.stringContaining("ErrorCode:DeviceMessageLockLost;") as string,
    }) as Error;
    await expect(client.complete(message)).rejects.toThrow(lost);
    await expect(client.abandon(message)).rejects.toThrow(lost);
    await client.close();
  });
});
