import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Message } from "azure-iot-device";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServerProcess } from "@larimar/testkit";
import { cell } from "../grid/cell.ts";
import type { ReceivedEvent } from "../support/events/events-reader.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { connectMqttDevice } from "../support/mqtt-device.ts";

const DEVICES = 20;
const MESSAGES_PER_DEVICE = 50;
const TOTAL = DEVICES * MESSAGES_PER_DEVICE;

describe("telemetry over MQTT from azure-iot-device", () => {
  let directory: string;
  let server: ServerProcess;
  let events: readonly ReceivedEvent[];
  const deviceIds = Array.from({ length: DEVICES }, (_, i) => `thermostat-${i}`);

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "larimar-test-"));
    server = await ServerProcess.start({
      dataDirectory: directory,
      address: "127.0.0.21",
      usesStandardPorts: true,
    });
    await Promise.all(deviceIds.map((deviceId) => sendAll(deviceId)));
    await using reader = await EventsReader.start(server.connection);
    events = [...(await reader.received(TOTAL))];
  });

  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function sendAll(deviceId: string): Promise<void> {
    await using device = await connectMqttDevice(server.client(), deviceId);
    for (let n = 0; n < MESSAGES_PER_DEVICE; n++) {
      const message = new Message(JSON.stringify({ n }));
      message.messageId = `${deviceId}-${n}`;
      message.correlationId = "run 1 + 2 = 3";
      message.contentType = "application/json";
      message.contentEncoding = "utf-8";
      message.properties.add("n", String(n));
      message.properties.add("größe & co", "50 % / ä?=");
      await device.send(message);
    }
  }

  test("arrives exactly once, in order for each device", () => {
    expect(events).toHaveLength(TOTAL);
    expect(new Set(events.map((event) => event.messageId)).size).toBe(TOTAL);
    for (const deviceId of deviceIds) {
      expect(of(events, deviceId).map((event) => event.properties["n"])).toEqual(
        Array.from({ length: MESSAGES_PER_DEVICE }, (_, n) => String(n)),
      );
    }
  });

  test("stays in one partition for each device, numbered without gaps", () => {
    for (const deviceId of deviceIds) {
      expect(new Set(of(events, deviceId).map((event) => event.partitionId)).size).toBe(1);
    }
    for (const partitionId of ["0", "1", "2", "3"]) {
      const numbers = events
        .filter((event) => event.partitionId === partitionId)
        .map((event) => event.sequenceNumber);
      expect(numbers).toEqual(numbers.map((_, index) => index));
    }
  });

  test(
    "carries its properties and what the hub vouches for",
    cell({
      sdk: "@azure/event-hubs (Node)",
      transport: "AMQP",
      feature: "properties and annotations with their types",
    }),
    () => {
      const event = of(events, "thermostat-3")[7]!;
      expect(event).toMatchObject({
        messageId: "thermostat-3-7",
        correlationId: "run 1 + 2 = 3",
        contentType: "application/json",
        properties: { n: "7", "größe & co": "50 % / ä?=" },
        systemProperties: {
          "iothub-connection-device-id": "thermostat-3",
          "iothub-message-source": "Telemetry",
        },
      });
      const { systemProperties } = event;
      expect(
        JSON.parse(String(systemProperties["iothub-connection-auth-method"])) as unknown,
      ).toMatchObject({ scope: "device", type: "sas", issuer: "iothub" });
      expect(systemProperties["iothub-connection-auth-generation-id"]).toMatch(/^\d+$/);
      expect(Number(systemProperties["iothub-enqueuedtime"])).toBe(event.enqueuedAtMs);
      expect(event.offset).toMatch(/^\d+$/);
      expect(JSON.stringify(event.body)).toContain("7");
    },
  );

  test(
    "is read over WebSockets just the same",
    cell({
      sdk: "@azure/event-hubs (Node)",
      transport: "AMQP over WebSockets",
      feature: "properties and annotations with their types",
    }),
    async () => {
      await using reader = await EventsReader.start(server.connection, { transport: "websocket" });
      await reader.received(TOTAL);
      expect(sorted(reader.events)).toEqual(sorted(events));
    },
  );

  describe.each([
    { over: "AMQP", transport: "tcp" },
    { over: "AMQP over WebSockets", transport: "websocket" },
  ] as const)("over $over", ({ over, transport }) => {
    test(
      "is read from an offset, a sequence number or a time in the middle",
      cell({
        sdk: "@azure/event-hubs (Node)",
        transport: over,
        feature: "receive from every start position",
      }),
      async () => {
        const middle = eachPartition(events, (own) => own[Math.floor(own.length / 2)]!);
        const expected = (isAfter: (event: ReceivedEvent, from: ReceivedEvent) => boolean) =>
          sorted(events.filter((event) => isAfter(event, middle.get(event.partitionId)!)));
        const read = async (start: (from: ReceivedEvent) => object, count: number) => {
          const positions = Object.fromEntries([...middle].map(([id, from]) => [id, start(from)]));
          const request = { start: positions, transport };
          await using reader = await EventsReader.start(server.connection, request);
          return sorted(await reader.received(count));
        };
        const after = expected((event, from) => event.sequenceNumber > from.sequenceNumber);
        const since = expected((event, from) => event.enqueuedAtMs > from.enqueuedAtMs);
        expect(await read(({ offset }) => ({ offset }), after.length)).toEqual(after);
        expect(await read(({ sequenceNumber }) => ({ sequenceNumber }), after.length)).toEqual(
          after,
        );
        expect(
          await read(({ enqueuedAtMs }) => ({ enqueuedOn: enqueuedAtMs }), since.length),
        ).toEqual(since);
      },
    );
  });

  test("is still there after a restart, and goes on where it was", async () => {
    await server.stop();
    await server.start();
    await using reader = await EventsReader.start(server.connection);
    await reader.received(TOTAL);
    expect(sorted(reader.events)).toEqual(sorted(events));
    await using device = await connectMqttDevice(server.client(), "latecomer");
    await device.send(new Message("late"));
    const all = await reader.received(TOTAL + 1);
    const late = all.at(-1)!;
    const before = events.filter((event) => event.partitionId === late.partitionId);
    expect(late.sequenceNumber).toBe(before.length);
    expect(late.systemProperties["iothub-connection-device-id"]).toBe("latecomer");
  });
});

function of(events: readonly ReceivedEvent[], deviceId: string): ReceivedEvent[] {
  return events.filter(
    (event) => event.systemProperties["iothub-connection-device-id"] === deviceId,
  );
}

function sorted(events: readonly ReceivedEvent[]): ReceivedEvent[] {
  return events.toSorted(
    (a, b) => Number(a.partitionId) - Number(b.partitionId) || a.sequenceNumber - b.sequenceNumber,
  );
}

function eachPartition<T>(
  events: readonly ReceivedEvent[],
  pick: (own: readonly ReceivedEvent[]) => T,
): Map<string, T> {
  const groups = new Map<string, ReceivedEvent[]>();
  for (const event of events) {
    const own = groups.get(event.partitionId) ?? [];
    own.push(event);
    groups.set(event.partitionId, own);
  }
  return new Map([...groups].map(([id, own]) => [id, pick(own)]));
}
