import { telemetrySource } from "@larimar/domain/fixtures";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { EventsReader } from "../support/events/events-reader.ts";

// The client knows no other ports than 5671 and 443.
const ADDRESS = "127.0.0.145";

describe("@azure/event-hubs", () => {
  let server: TestServer;

  beforeAll(async () => {
    const ports = { httpsPort: 443, amqpPort: 5671 };
    server = await startTestServer({ config: { bind: [ADDRESS], host: [ADDRESS], ...ports } });
    const [hub] = server.server.hubs.list();
    await hub!.configuration.change({ consumerGroups: ["$Default", "archive"] });
    const { identity, origin, partition } = telemetrySource("press");
    const body = new TextEncoder().encode("1");
    const properties = { system: {}, application: new Map(), sizeBytes: 0 };
    await hub!.telemetry.accept({ identity, origin, partition }, [{ properties, body }]);
  });

  afterAll(() => server[Symbol.asyncDispose]());

  test.each([
    { over: "AMQP", transport: "tcp" },
    { over: "AMQP over WebSockets", transport: "websocket" },
  ] as const)("groups read for themselves over $over", async ({ transport }) => {
    await using first = await EventsReader.start(server.connection, { transport });
    await using second = await EventsReader.start(server.connection, {
      transport,
      consumerGroup: "archive",
    });
    await first.received(1);
    await second.received(1);
    expect(second.events).toEqual(first.events);
  });

  describe.each([
    { over: "AMQP", transport: "tcp" },
    { over: "AMQP over WebSockets", transport: "websocket" },
  ] as const)("over $over", ({ over, transport }) => {
    test(
      "a reader with a higher owner level takes the partitions over",
      cell({
        sdk: "@azure/event-hubs (Node)",
        transport: over,
        feature: "consumer groups and exclusive readers",
      }),
      async () => {
        const request = { transport, consumerGroup: "archive" };
        await using low = await EventsReader.start(server.connection, {
          ...request,
          ownerLevel: 1,
        });
        await low.received(1);
        await using high = await EventsReader.start(server.connection, {
          ...request,
          ownerLevel: 2,
        });
        await high.received(1);
        await low.waitFor(() => low.errors.length > 0, "word that another reader took over");
        // What this SDK makes of amqp:link:stolen.
        expect(low.errors[0]).toMatch(/^ReceiverDisconnectedError: .*epoch 2/);
      },
    );
  });
});
