import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../../grid/cell.ts";
import type { Feature } from "../../grid/features.ts";
import { PREPARE_MS_MAX } from "../programs/prepare.ts";
import type { Program } from "../programs/program.ts";

export interface EventsClientSuite {
  readonly sdk: "azure-eventhub (Python)" | "azure-messaging-eventhubs (Java)";
  readonly address: string;
  /** What it says when somebody of a higher level has the partition. */
  readonly displaced: string;
  start(env: Readonly<Record<string, string>>): Promise<Program>;
}

const DEVICES = 8;
const MESSAGES = 5;
const TOTAL = DEVICES * MESSAGES;

interface Received {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedAtMs: number;
  readonly body: string;
  readonly messageId: string;
  readonly properties: object;
  readonly systemProperties: Readonly<Record<string, unknown>>;
}

/** The same expectations of every client of the events endpoint that `Program` can drive. */
export function eventsClientContract(suite: EventsClientSuite): void {
  let server: TestServer;
  let program: Program;

  beforeAll(async () => {
    const { address } = suite;
    server = await startTestServer({
      config: { bind: [address], host: [address], httpsPort: 443, amqpPort: 5671 },
    });
    const { caFile, hubs } = server.connection;
    program = await suite.start({
      CA_FILE: caFile,
      EVENTS_CONNECTION_STRING: hubs[0]!.events.connectionString,
    });
    const { configuration } = server.server.hubs.list()[0]!;
    await configuration.change(({ consumerGroups }) => ({
      consumerGroups: [...consumerGroups, "billing"],
    }));
    for (let device = 0; device < DEVICES; device++) {
      const created = await server.client().createDevice(`d${device}`);
      for (let n = 0; n < MESSAGES; n++) {
        const answer = await server.client().call({
          method: "POST",
          path: `/devices/${created.deviceId}/messages/events`,
          body: { n },
          headers: {
            authorization: created.token(),
            "iothub-messageid": `${created.deviceId}-${n}`,
            "iothub-app-room": "größer",
          },
        });
        if (answer.status !== 204) throw new Error(`Not sent: ${answer.status}`);
      }
    }
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  describe.each([
    ["tcp", "AMQP"],
    ["websocket", "AMQP over WebSockets"],
  ] as const)("over %s", (transport, column) => {
    const shows = (feature: Feature<"events">) =>
      cell({ sdk: suite.sdk, transport: column, feature });
    const ids = () => server.connection.hubs[0]!.events.partitionIds;
    const everywhere = (start: object) => Object.fromEntries(ids().map((id) => [id, start]));
    const read = async (start: object, count: number) =>
      (await program.call("read", { transport, start, count })) as Received[];
    const names = (events: readonly Received[]) =>
      events.map(({ messageId }) => messageId).toSorted();

    test(
      "events come with their properties and what the hub vouches for",
      shows("properties and annotations with their types"),
      async () => {
        const events = await read(everywhere({ offset: "-1" }), TOTAL);
        expect(names(events)).toHaveLength(TOTAL);
        const event = events.find(({ messageId }) => messageId === "d3-2")!;
        expect(JSON.parse(event.body)).toEqual({ n: 2 });
        expect(event.systemProperties).toMatchObject({
          "iothub-connection-device-id": "d3",
          "iothub-message-source": "Telemetry",
          "x-opt-sequence-number": event.sequenceNumber,
          "x-opt-offset": event.offset,
        });
      },
    );

    test(
      "reading begins at an offset, a sequence number, a time or the beginning",
      shows("receive from every start position"),
      async () => {
        const all = await read(everywhere({ offset: "-1" }), TOTAL);
        // Of each partition what comes after its second event; some partitions may have no events.
        const second = (id: string) => all.filter(({ partition }) => partition === id)[1];
        const rest = names(
          all.filter(
            (event) => event.sequenceNumber > (second(event.partition)?.sequenceNumber ?? -1),
          ),
        );
        const from = (start: (event: Received) => object) =>
          Object.fromEntries(
            ids().map((id) => {
              const event = second(id);
              return [id, event === undefined ? { offset: "-1" } : start(event)];
            }),
          );
        const early = Math.min(...all.map(({ enqueuedAtMs }) => enqueuedAtMs)) - 1000;
        const [byOffset, byNumber, byTime] = await Promise.all([
          read(
            from(({ offset }) => ({ offset })),
            rest.length,
          ),
          read(
            from(({ sequenceNumber }) => ({ sequenceNumber })),
            rest.length,
          ),
          read(everywhere({ timeMs: early }), TOTAL),
        ]);
        expect(names(byOffset)).toEqual(rest);
        expect(names(byNumber)).toEqual(rest);
        expect(names(byTime)).toEqual(names(all));
      },
    );

    test(
      "each group reads for itself, and of two exclusive readers the higher one stays",
      shows("consumer groups and exclusive readers"),
      async () => {
        const all = everywhere({ offset: "-1" });
        const [{ partition }] = (await read(all, TOTAL)) as [Received];
        const reader = async (name: string, group: string, level: number) => {
          await program.call("begin", { name, transport, group, partition, level });
        };
        await reader("first", "billing", 1);
        expect(await program.call("nextEvent", { name: "first" })).toBe(0);
        await reader("higher", "billing", 2);
        expect(await program.call("nextEvent", { name: "higher" })).toBe(0);
        expect(await program.call("nextError", { name: "first" })).toBe(suite.displaced);
        await reader("lower", "billing", 1);
        expect(await program.call("nextError", { name: "lower" })).toBe(suite.displaced);
        // None of this is anything to the other group.
        expect(names(await read(all, TOTAL))).toHaveLength(TOTAL);
        await Promise.all(
          ["first", "higher", "lower"].map((name) => program.call("end", { name })),
        );
        await reader("stranger", "nobody", 1);
        expect(await program.call("nextError", { name: "stranger" })).toMatch(/Error$/);
        await program.call("end", { name: "stranger" });
      },
    );

    test("partitions say how far they are", async () => {
      const partitions = (await program.call("partitions", { transport })) as {
        id: string;
        last_enqueued_sequence_number: number;
      }[];
      expect(partitions.map(({ id }) => id)).toEqual(ids());
      const counted = partitions.map((own) => own.last_enqueued_sequence_number + 1);
      expect(counted.reduce((sum, count) => sum + count, 0)).toBe(TOTAL);
    });
  });
}
