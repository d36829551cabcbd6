import { type TestServer, startTestServer } from "@larimar/testkit";
import { Client, Message } from "azure-iot-device";
import { Http } from "azure-iot-device-http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { EventsReader } from "../support/events/events-reader.ts";

// Neither client knows other ports than the standard ones.
const ADDRESS = "127.0.0.43";

describe("telemetry over HTTPS from azure-iot-device", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, amqpPort: 5671 },
    });
  });

  afterAll(() => server[Symbol.asyncDispose]());

  async function connect(connectionString: string): Promise<Client> {
    const client = Client.fromConnectionString(connectionString, Http);
    // NOTE: over HTTPS the client tells that it has set its options only when one is about receiving.
    const http = { receivePolicy: { manualPolling: true } };
    await client.setOptions({ ca: server.client().caPem, http });
    return client;
  }

  function messageOf(n: number): Message {
    const message = new Message(JSON.stringify({ n }));
    message.properties.add("n", String(n));
    return message;
  }

  test(
    "is read by an Event Hubs client, one by one and in batches, in order",
    cell({ sdk: "azure-iot-device (Node)", transport: "HTTPS", feature: "telemetry in batches" }),
    async () => {
      const { connectionString } = await server.client().createDevice("thermostat:1");
      const client = await connect(connectionString);
      const first = messageOf(0);
      first.messageId = "m0";
      first.contentType = "application/json";
      first.contentEncoding = "utf-8";
      await client.sendEvent(first);
      await client.sendEventBatch([messageOf(1), messageOf(2)]);
      await using reader = await EventsReader.start(server.connection);
      const events = await reader.received(3);
      expect(events.map((event) => event.body)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
      expect(events.map((event) => event.properties["n"])).toEqual(["0", "1", "2"]);
      expect(events[0]).toMatchObject({ messageId: "m0", contentType: "application/json" });
      for (const event of events) {
        expect(event.systemProperties).toMatchObject({
          "iothub-connection-device-id": "thermostat:1",
          "iothub-message-source": "Telemetry",
        });
      }
    },
  );

  test("is refused with a wrong key", async () => {
    await server.client().createDevice("stranger");
    const key = Buffer.alloc(32, 1).toString("base64");
    const client = await connect(`HostName=${ADDRESS};DeviceId=stranger;SharedAccessKey=${key}`);
    await expect(client.sendEvent(messageOf(0))).rejects.toThrow(
      expect.objectContaining({ name: "UnauthorizedError" }) as Error,
    );
  });

  test("is refused when a message is too large", async () => {
    const { connectionString } = await server.client().createDevice("talkative");
    const client = await connect(connectionString);
    await expect(client.sendEvent(new Message("x".repeat(262_145)))).rejects.toThrow(
      expect.objectContaining({ name: "MessageTooLargeError" }) as Error,
    );
  });
});
