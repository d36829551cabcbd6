import { describe, expect, test } from "vitest";
import {
  createTestHub,
  MemoryCommandStore,
  MemoryNotificationStore,
  settle,
  openTestSession,
} from "../fixtures/index.fixture.ts";
import type { HubParts } from "../hubs/hub.ts";
import type { LockedCommand } from "./command.ts";
import type { CommandAck, FeedbackRecord } from "./command.ts";
import { messageProperties } from "../telemetry/message.ts";

const key = { deviceId: "d1" };

async function setUp(overrides: Partial<HubParts> = {}) {
  const { hub, clock } = createTestHub(overrides);
  await hub.devices.create({ deviceId: "d1" });
  const send = (messageId: string, options: { ack?: CommandAck; expiresAtMs?: number } = {}) => {
    const { ack = "none", ...system } = options;
    const properties = messageProperties({ messageId, ...system }, new Map());
    return hub.commands.send({ key, ack, message: { properties, body: Buffer.from(messageId) } });
  };
  const connect = (capacity = 50) => {
    const delivered: LockedCommand[] = [];
    const session = openTestSession(hub, key);
    session.commands = {
      get capacity() {
        return capacity - delivered.length;
      },
      deliver: (command) => delivered.push(command),
    };
    return { session, delivered };
  };
  const feedback = async () => {
    await clock.advance(15_000);
    return (await hub.feedback.receive())?.records.map((r) => [r.originalMessageId, r.outcome]);
  };
  return { hub, clock, send, connect, feedback };
}

const ids = (commands: readonly LockedCommand[]) =>
  commands.map((command) => command.message.properties.system.messageId);

describe("a command", () => {
  test("waits for its device and arrives in order", async () => {
    const { hub, send, connect } = await setUp();
    for (const id of ["a", "b", "c"]) await send(id);
    const { delivered } = connect();
    await hub.commands.push(key);
    expect(ids(delivered)).toEqual(["a", "b", "c"]);
  });

  test("is refused when fifty are waiting, locked ones included", async () => {
    const { hub, send } = await setUp();
    for (let i = 0; i < 50; i++) await send(String(i));
    await hub.commands.receive(key);
    await expect(send("too many")).rejects.toMatchObject({ code: "QueueFull" });
  });

  test("is refused when too large, already expired, due too late, or for nobody", async () => {
    const { hub, clock, send } = await setUp();
    const past = { expiresAtMs: clock.now() - 1 };
    const late = { expiresAtMs: clock.now() + 49 * 3_600_000 };
    await expect(send("x".repeat(40_000))).rejects.toMatchObject({ code: "MessageTooLarge" });
    await expect(send("p", past)).rejects.toMatchObject({ code: "ExpiryInvalid" });
    await expect(send("l", late)).rejects.toMatchObject({ code: "ExpiryInvalid" });
    await expect(hub.commands.purge({ deviceId: "nobody" })).rejects.toMatchObject({
      code: "DeviceNotFound",
    });
  });

  test("comes back when its lock runs out, and the old token is worth nothing", async () => {
    const { hub, clock, send } = await setUp();
    await send("a");
    const first = await hub.commands.receive(key);
    expect(await hub.commands.receive(key)).toBeUndefined();
    await clock.advance(60_000);
    const second = await hub.commands.receive(key);
    expect(second?.sequenceNumber).toBe(first?.sequenceNumber);
    expect(second?.deliveryCount).toBe(0);
    await expect(hub.commands.complete(key, first!.lockToken)).rejects.toMatchObject({
      code: "LockLost",
    });
    await hub.commands.complete(key, second!.lockToken);
    expect(await hub.commands.count(key)).toBe(0);
  });

  test("given back ten times is dead, and its sender hears of it", async () => {
    const { hub, send, feedback } = await setUp();
    await send("a", { ack: "negative" });
    for (let i = 0; i < 10; i++) {
      const command = await hub.commands.receive(key);
      expect(command?.deliveryCount).toBe(i);
      await hub.commands.abandon(key, command!.lockToken);
    }
    expect(await hub.commands.receive(key)).toBeUndefined();
    expect(await feedback()).toEqual([["a", "DeliveryCountExceeded"]]);
  });

  test("that was never settled goes to the next session", async () => {
    const { hub, send, connect } = await setUp();
    const first = connect();
    await send("a");
    await settle();
    expect(ids(first.delivered)).toEqual(["a"]);
    first.session.end();
    await hub.commands.release(key, first.delivered[0]!.lockToken);
    const second = connect();
    await hub.commands.push(key);
    expect(ids(second.delivered)).toEqual(["a"]);
  });

  test("is not pushed beyond what the client can take", async () => {
    const { hub, send, connect } = await setUp();
    const { delivered } = connect(2);
    for (const id of ["a", "b", "c"]) await send(id);
    await settle();
    expect(ids(delivered)).toEqual(["a", "b"]);
    expect(await hub.commands.count(key)).toBe(3);
  });
});

/** As a disk that is full for the first calls. */
function refusesAtFirst<Given extends unknown[], T>(method: (...given: Given) => Promise<T>) {
  let left = 1;
  return (...given: Given): Promise<T> =>
    left-- > 0 ? Promise.reject(new Error("the disk is full")) : method(...given);
}

test("a command is kept when the store refuses to hand it over, and nothing else is harmed", async () => {
  const commands = new MemoryCommandStore();
  commands.lock = refusesAtFirst(commands.lock.bind(commands));
  const { send, connect } = await setUp({ commands });
  const { delivered } = connect();
  await send("a");
  await settle();
  expect(ids(delivered)).toEqual([]);
  await send("b");
  await settle();
  expect(ids(delivered)).toEqual(["a", "b"]);
});

test("feedback that the store refuses to hand over comes a little later", async () => {
  const feedback = new MemoryNotificationStore<FeedbackRecord>();
  feedback.lock = refusesAtFirst(feedback.lock.bind(feedback));
  const { hub, clock } = await setUp({ feedback });
  const batches: number[] = [];
  using _receiver = hub.feedback.subscribe({
    capacity: 10,
    deliver: (batch) => batches.push(batch.records.length),
  });
  const record = { originalMessageId: "m", enqueuedAtMs: 0, outcome: "Success" } as const;
  await hub.feedback.add({ ...record, deviceId: "d1", deviceGenerationId: "1" });
  await clock.advance(15_000);
  expect(batches).toEqual([]);
  await clock.advance(1_000);
  expect(batches).toEqual([1]);
});

describe("feedback", () => {
  test.each([
    ["none", undefined],
    ["positive", [["ok", "Success"]]],
    ["negative", [["no", "Rejected"]]],
    [
      "full",
      [
        ["ok", "Success"],
        ["no", "Rejected"],
      ],
    ],
  ] as const)("for ack=%s tells what was asked for", async (ack, expected) => {
    const { hub, send, feedback } = await setUp();
    await send("ok", { ack });
    await send("no", { ack });
    await hub.commands.complete(key, (await hub.commands.receive(key))!.lockToken);
    await hub.commands.reject(key, (await hub.commands.receive(key))!.lockToken);
    expect(await feedback()).toEqual(expected);
  });

  test("reports what expired or was purged", async () => {
    const { hub, clock, send, feedback } = await setUp();
    await send("late", { ack: "full", expiresAtMs: clock.now() + 1000 });
    await send("purged", { ack: "full" });
    await clock.advance(10_000);
    expect(await hub.commands.purge(key)).toBe(1);
    expect(await feedback()).toEqual([
      ["late", "Expired"],
      ["purged", "Purged"],
    ]);
  });

  test("comes in batches of 64 or after 15 seconds, to one of the receivers", async () => {
    const { hub, clock } = await setUp();
    const batches: number[] = [];
    using _receiver = hub.feedback.subscribe({
      capacity: 10,
      deliver: (batch) => batches.push(batch.records.length),
    });
    const record = { originalMessageId: "m", enqueuedAtMs: 0, outcome: "Success" } as const;
    const add = () => hub.feedback.add({ ...record, deviceId: "d1", deviceGenerationId: "1" });
    for (let i = 0; i < 65; i++) await add();
    await settle();
    expect(batches).toEqual([64]);
    await clock.advance(15_000);
    expect(batches).toEqual([64, 1]);
  });

  test("that nobody settles is delivered again when its lock runs out", async () => {
    const { hub, clock } = await setUp();
    const tokens: string[] = [];
    using _receiver = hub.feedback.subscribe({
      capacity: 10,
      deliver: (batch) => tokens.push(batch.lockToken),
    });
    const record = { originalMessageId: "m", enqueuedAtMs: 0, outcome: "Success" } as const;
    await hub.feedback.add({ ...record, deviceId: "d1", deviceGenerationId: "1" });
    await clock.advance(15_000);
    await clock.advance(60_000);
    expect(tokens).toHaveLength(2);
    await expect(hub.feedback.complete(tokens[0]!)).rejects.toMatchObject({ code: "LockLost" });
    await hub.feedback.complete(tokens[1]!);
  });
});
