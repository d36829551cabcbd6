import { messageProperties } from "@larimar/domain";
import type { ReceiverOptions, Typed } from "rhea";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import {
  bodyText,
  detached,
  take,
  takeDeliveries,
  waiting,
} from "../fixtures/rhea-client.fixture.ts";

// Protocol reference: service-facing 5.4 to 5.8, 5.11

const PARTITION = "local/ConsumerGroups/$Default/Partitions/0";
const SELECTOR = "apache.org:selector-filter:string";
const METRIC = "com.microsoft:enable-receiver-runtime-metric";

function from(expression: string, descriptor: unknown = 0x468c_0000_0004): ReceiverOptions {
  const filter = { [SELECTOR]: rhea.types.wrap_described(expression, descriptor as number) };
  return { source: { address: PARTITION, filter } };
}

function withEpoch(epoch: Typed): ReceiverOptions {
  return { source: PARTITION, properties: { "com.microsoft:epoch": epoch } };
}

describe("a reader of events", () => {
  /** Ten events, one a second: position n was enqueued n seconds after the first. */
  async function withTenEvents(): Promise<{ amqp: AmqpTest; startMs: number }> {
    const amqp = await AmqpTest.start();
    const startMs = amqp.clock.now();
    for (let i = 0; i < 10; i++) {
      await amqp.publish(0, [String(i)]);
      await amqp.clock.advance(1000);
    }
    return { amqp, startMs };
  }

  test.each<[string, (startMs: number) => string, number]>([
    ["the beginning", () => "amqp.annotation.x-opt-offset > '-1'", 0],
    ["an offset", () => "amqp.annotation.x-opt-offset > '6'", 7],
    ["an offset, inclusively", () => "amqp.annotation.x-opt-offset >= '6'", 6],
    ["a sequence number", () => "amqp.annotation.x-opt-sequence-number > '7'", 8],
    ["a sequence number, inclusively", () => "amqp.annotation.x-opt-sequence-number >= '7'", 7],
    ["before the first", () => "amqp.annotation.x-opt-sequence-number > '-1'", 0],
    ["a time", (ms) => `amqp.annotation.x-opt-enqueued-time > '${ms + 3000}'`, 4],
    ["a time, inclusively", (ms) => `amqp.annotation.x-opt-enqueued-time >= '${ms + 3000}'`, 3],
    ["a time between two", (ms) => `amqp.annotation.x-opt-enqueued-time >= '${ms + 3500}'`, 4],
    ["the legacy time", (ms) => `amqp.annotation.x-opt-enqueuedtimeutc > ${ms + 3000}`, 4],
    ["an unquoted number", () => "amqp.annotation.x-opt-sequence-number > 7", 8],
  ])("begins at %s", async (_, expression, first) => {
    const { amqp, startMs } = await withTenEvents();
    await using _dispose = amqp;
    const client = await amqp.authorized();
    for (const descriptor of [0x468c_0000_0004, SELECTOR]) {
      const receiver = await client.receive(from(expression(startMs), descriptor));
      const expected = Array.from({ length: 10 - first }, (__, i) => String(first + i));
      expect((await take(receiver, 10 - first)).map(bodyText)).toEqual(expected);
    }
  });

  test("begins with what comes next at the end", async () => {
    const { amqp } = await withTenEvents();
    await using _dispose = amqp;
    const client = await amqp.authorized();
    const receiver = await client.receive(from("amqp.annotation.x-opt-offset > '@latest'"));
    await amqp.publish(0, ["new"]);
    expect((await take(receiver, 1)).map(bodyText)).toEqual(["new"]);
  });

  test("without a filter begins at the beginning", async () => {
    const { amqp } = await withTenEvents();
    await using _dispose = amqp;
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION });
    expect(bodyText((await take(receiver, 1))[0]!)).toBe("0");
  });

  test("with a filter of another kind is refused", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    await expect(client.receive(from("color = 'red'"))).rejects.toMatchObject({
      condition: "amqp:not-implemented",
    });
  });

  test("gets its filter back in the answer", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const receiver = await client.receive(from("amqp.annotation.x-opt-offset > '-1'"));
    expect(JSON.stringify(receiver.source.filter)).toContain("x-opt-offset > '-1'");
  });

  test.each([
    ["partition", PARTITION.replace(/0$/, "17")],
    ["consumer group", PARTITION.replace("$Default", "nobody")],
    ["event hub", PARTITION.replace("local", "elsewhere")],
  ])("of an unknown %s is told so in words that clients know", async (_, source) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    await expect(client.receive({ source })).rejects.toMatchObject({
      condition: "amqp:not-found",
      description: `The messaging entity '${source}' could not be found.`,
    });
  });

  test("finds its consumer group without regard to case", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const source = PARTITION.replace("$Default", "$default");
    await expect(client.receive({ source })).resolves.toBeDefined();
  });

  test("reads only its own partition, in order", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(1, ["other"]);
    await amqp.publish(0, ["a", "b"]);
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION });
    await amqp.publish(1, ["other"]);
    await amqp.publish(0, ["c"]);
    expect((await take(receiver, 3)).map(bodyText)).toEqual(["a", "b", "c"]);
  });

  test("is told position and time of every event in the types it expects", async () => {
    await using amqp = await AmqpTest.start();
    const enqueuedAt = new Date(amqp.clock.now());
    const properties = messageProperties(
      { messageId: "m", contentType: "application/json", componentName: "thermostat" },
      new Map<string, string | number>([
        ["level", 5],
        ["unit", "m"],
      ]),
    );
    await amqp.publish(0, ["a", "b"], { properties });
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION });
    const [, second] = await take(receiver, 2);
    expect(second).toMatchObject({
      message_id: "m",
      content_type: "application/json",
      application_properties: { level: 5, unit: "m" },
      message_annotations: {
        "x-opt-sequence-number": 1,
        "x-opt-offset": "1",
        "x-opt-enqueued-time": enqueuedAt,
        "iothub-enqueuedtime": enqueuedAt,
        "iothub-connection-device-id": "d1",
        "iothub-connection-auth-generation-id": "g1",
        "iothub-connection-auth-method":
          '{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}',
        "iothub-message-source": "Telemetry",
        "dt-subject": "thermostat",
      },
    });
    expect(second).not.toHaveProperty("delivery_annotations");
  });

  test("that asks for runtime metrics is told with each event how far the partition goes", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["a"]);
    await amqp.clock.advance(5000);
    await amqp.publish(0, ["b"]);
    const lastAt = new Date(amqp.clock.now());
    await amqp.clock.advance(7000);
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION, desired_capabilities: METRIC });
    expect(receiver.offered_capabilities).toEqual([METRIC]);
    const [first] = await take(receiver, 1);
    expect(first?.delivery_annotations).toEqual({
      last_enqueued_sequence_number: 1,
      last_enqueued_offset: "1",
      last_enqueued_time_utc: lastAt,
      runtime_info_retrieval_time_utc: new Date(amqp.clock.now()),
    });
  });

  test("may ask for capabilities that are not offered", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const receiver = await client.receive({
      source: PARTITION,
      desired_capabilities: ["com.microsoft:georeplication", METRIC],
    });
    expect(receiver.offered_capabilities).toEqual([METRIC]);
  });

  test.each([
    ["settled", 1, true],
    ["unsettled", 0, false],
    ["either way", 2, true],
  ] as const)("that wants events %s gets them so", async (_, snd_settle_mode, isSettled) => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["a", "b"]);
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION, snd_settle_mode });
    for (const { delivery } of await takeDeliveries(receiver, 2)) {
      expect(delivery?.remote_settled).toBe(isSettled);
    }
  });

  test("gets no more events than it has given credit for", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["1", "2", "3", "4", "5"]);
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION, credit_window: 0 });
    receiver.add_credit(2);
    await take(receiver, 2);
    await client.putToken(amqp.token()); // a round trip
    expect(waiting(receiver)).toBe(0);
    receiver.add_credit(1);
    expect((await take(receiver, 1)).map(bodyText)).toEqual(["3"]);
    receiver.add_credit(0xffff_fff0);
    expect(await take(receiver, 2)).toHaveLength(2);
  });

  test("that drains gets what there is and its credit back", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["1", "2"]);
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION, credit_window: 0 });
    const drained = new Promise((resolve) => receiver.once("receiver_drained", resolve));
    receiver.add_credit(10);
    receiver.drain_credit();
    await drained;
    expect((await take(receiver, 2)).map(bodyText)).toEqual(["1", "2"]);
    await amqp.publish(0, ["3"]);
    await client.putToken(amqp.token()); // a round trip
    expect(waiting(receiver)).toBe(0);
  });

  test("is detached when the log cannot be read", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["1"]);
    amqp.eventLog.read = () => Promise.reject(new Error("the disk is broken"));
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: PARTITION });
    const error = await detached(receiver);
    expect(error).toMatchObject({ condition: "amqp:internal-error" });
    expect(error.description).not.toContain("disk");
    expect(client.isOver).toBe(false);
  });
});

describe("readers with an epoch", () => {
  const long = (value: number): Typed => rhea.types.wrap_long(value);

  test.each([
    ["a higher", 1, 2],
    ["the same", 0, 0],
  ])("lose their partition to one with %s", async (_, first, second) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const older = await client.receive(withEpoch(long(first)));
    const stolen = detached(older);
    await client.receive(withEpoch(long(second)));
    await expect(stolen).resolves.toMatchObject({ condition: "amqp:link:stolen" });
  });

  test.each<[string, ReceiverOptions]>([
    ["a lower one", withEpoch(long(4))],
    ["none", { source: PARTITION }],
  ])("keep their partition from one with %s", async (_, later) => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["a"]);
    const client = await amqp.authorized();
    const holder = await client.receive(withEpoch(long(5)));
    await expect(client.receive(later)).rejects.toMatchObject({ condition: "amqp:link:stolen" });
    expect(await take(holder, 1)).toHaveLength(1);
  });

  test("take a partition from readers without one, across connections", async () => {
    await using amqp = await AmqpTest.start();
    const [one, other] = [await amqp.authorized(), await amqp.authorized()];
    const stolen = detached(await one.receive({ source: PARTITION }));
    await other.receive(withEpoch(long(0)));
    await expect(stolen).resolves.toMatchObject({ condition: "amqp:link:stolen" });
  });

  test("free their partition when they leave", async () => {
    await using amqp = await AmqpTest.start();
    const [one, other] = [await amqp.authorized(), await amqp.authorized()];
    const holder = await one.receive(withEpoch(long(5)));
    holder.close();
    await new Promise((resolve) => holder.once("receiver_close", resolve));
    await other.receive(withEpoch(long(1)));
    one[Symbol.dispose]();
    await expect(other.receive(withEpoch(long(1)))).resolves.toBeDefined();
  });

  test("that is no whole number are refused", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    await expect(client.receive(withEpoch(rhea.types.wrap_string("five")))).rejects.toMatchObject({
      condition: "com.microsoft:argument-error",
    });
  });
});

describe("readers without an epoch", () => {
  test("share a partition, five of a consumer group", async () => {
    await using amqp = await AmqpTest.start({ settings: { consumerGroups: ["$Default", "more"] } });
    await amqp.publish(0, ["a"]);
    const client = await amqp.authorized();
    const readers = [];
    for (let i = 0; i < 5; i++) readers.push(await client.receive({ source: PARTITION }));
    await expect(client.receive({ source: PARTITION })).rejects.toMatchObject({
      condition: "amqp:resource-limit-exceeded",
    });
    const source = PARTITION.replace("$Default", "more");
    await expect(client.receive({ source })).resolves.toBeDefined();
    for (const reader of readers) expect(await take(reader, 1)).toHaveLength(1);
  });
});
