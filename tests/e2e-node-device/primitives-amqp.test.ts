import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DeviceMethodRequest, DeviceMethodResponse, Twin } from "azure-iot-device";
import { Client, Message } from "azure-iot-device";
import { Amqp, AmqpWs } from "azure-iot-device-amqp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServerProcess } from "@larimar/testkit";
import { EventsReader } from "../support/events/events-reader.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

describe.each([
  ["AMQP", Amqp, "127.0.0.24"],
  ["AMQP over WebSockets", AmqpWs, "127.0.0.25"],
] as const)("azure-iot-device over %s", (_, transport, address) => {
  let directory: string;
  let server: ServerProcess;
  let service: RegistryClient;
  let client: Client;
  let twin: Twin;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "larimar-test-"));
    server = await ServerProcess.start({
      dataDirectory: directory,
      address,
      usesStandardPorts: true,
    });
    service = new RegistryClient({
      connectionString: server.connection.hubs[0]!.connectionStrings["iothubowner"]!,
      caFile: server.connection.caFile,
    });
    const hub = server.client();
    const device = await hub.createDevice("valve");
    client = Client.fromConnectionString(device.connectionString, transport);
    await client.setOptions({ ca: hub.caPem });
    await client.open();
    twin = await client.getTwin();
  });

  afterAll(async () => {
    // Whatever part of the preparations failed, nothing of it stays behind.
    await Promise.allSettled([client?.close(), service?.[Symbol.asyncDispose]()]);
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("telemetry arrives with its properties, in order", async () => {
    for (let n = 0; n < 20; n++) {
      const message = new Message(JSON.stringify({ n }));
      message.messageId = `m${n}`;
      message.contentType = "application/json";
      message.contentEncoding = "utf-8";
      message.properties.add("größe & co", "50 % / ä?=");
      await client.sendEvent(message);
    }
    await using reader = await EventsReader.start(server.connection);
    const events = await reader.received(20);
    expect(events.map((event) => event.messageId)).toEqual(
      Array.from({ length: 20 }, (__, n) => `m${n}`),
    );
    expect(events[0]).toMatchObject({
      properties: { "größe & co": "50 % / ä?=" },
      systemProperties: { "iothub-connection-device-id": "valve" },
    });
  });

  test("reported properties reach the back end, desired ones the device", async () => {
    const { reported } = twin.properties as unknown as {
      reported: { update(patch: object, done: (error?: Error) => void): void };
    };
    await new Promise<void>((resolve, reject) => {
      reported.update({ open: true }, (error) => (error ? reject(error) : resolve()));
    });
    expect(await service.call("getTwin", "valve")).toMatchObject({
      body: { properties: { reported: { open: true, $version: 2 } } },
    });
    const heard: number[] = [];
    twin.on("properties.desired.target", (value: number) => heard.push(value));
    // The SDK subscribes when the first listener comes, and tells nobody when that is done.
    for (let target = 1; heard.length === 0; target++) {
      await service.call("updateTwin", "valve", { properties: { desired: { target } } }, "*");
    }
    expect(heard.length).toBeGreaterThan(0);
  });

  test("a method is asked and answered", async () => {
    client.onDeviceMethod(
      "turn",
      (request: DeviceMethodRequest, response: DeviceMethodResponse) => {
        void response.send(200, { turned: request.payload as unknown });
      },
    );
    const parameters = { methodName: "turn", payload: 90, connectTimeoutInSeconds: 60 };
    expect(await service.call("invokeDeviceMethod", "valve", parameters)).toMatchObject({
      status: 200,
      body: { status: 200, payload: { turned: 90 } },
    });
  });

  test("commands arrive, and the sender hears what became of them", async () => {
    const received: string[] = [];
    client.on("message", (message: Message) => {
      const text = (message.getData() as Buffer).toString();
      received.push(text);
      const settled = text === "no" ? client.reject(message) : client.complete(message);
      settled.catch(() => {});
    });
    await service.call("open");
    const feedback = service.call("feedback", 2);
    await service.call("sendCommand", "valve", { data: "yes", messageId: "c1", ack: "full" });
    await service.call("sendCommand", "valve", { data: "no", messageId: "c2", ack: "full" });
    await expect.poll(() => received).toEqual(["yes", "no"]);
    expect(await feedback).toMatchObject({
      body: [
        { originalMessageId: "c1", statusCode: "Success", deviceId: "valve" },
        { originalMessageId: "c2", statusCode: "Rejected", deviceId: "valve" },
      ],
    });
    const unknown = { data: "x", messageId: "c3", ack: "none" };
    expect(await service.call("sendCommand", "nobody", unknown)).toMatchObject({
      error: "DeviceNotFoundError",
    });
  });
});
