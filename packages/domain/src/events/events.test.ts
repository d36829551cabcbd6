import { describe, expect, test } from "vitest";
import { createTestHub, openTestSession } from "../fixtures/index.fixture.ts";
import { NO_PROPERTIES } from "../telemetry/message.ts";
import type { StartPosition } from "./events.ts";
import { partitionOf } from "./partition-key.ts";

async function setUp() {
  const { hub, clock, eventLog } = createTestHub();
  const session = openTestSession(hub, { deviceId: "d1" });
  const partitionId = String(session.partition);
  const send = (text: string) =>
    hub.telemetry.accept(session, [{ properties: NO_PROPERTIES, body: Buffer.from(text) }]);
  const displaced: string[] = [];
  const open = (options: { start?: StartPosition; epoch?: bigint; name?: string } = {}) =>
    hub.events.openReader({
      consumerGroup: "$default",
      partitionId,
      start: options.start ?? { kind: "earliest" },
      epoch: options.epoch,
      onDisplaced: () => displaced.push(options.name ?? "reader"),
    });
  return { hub, clock, eventLog, session, send, open, displaced };
}

describe("telemetry", () => {
  test("is accepted only when it is on disk", async () => {
    const { eventLog, send, open } = await setUp();
    eventLog.hold();
    let isAccepted = false;
    const accepted = send("a").then(() => (isAccepted = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAccepted).toBe(false);
    expect(await (await open()).read({ bytesMax: 1000 })).toEqual([]);
    eventLog.release();
    await accepted;
    expect(await (await open()).read({ bytesMax: 1000 })).toHaveLength(1);
  });

  test("larger than the limit is refused as a whole", async () => {
    const { session, hub, open } = await setUp();
    const message = (bytes: number) => ({ properties: NO_PROPERTIES, body: new Uint8Array(bytes) });
    expect(() => hub.telemetry.accept(session, [message(1), message(262_145)])).toThrow(
      expect.objectContaining({ code: "MessageTooLarge" }),
    );
    expect((await open()).hasMore).toBe(false);
  });
});

describe("a reader", () => {
  test.each<[string, (times: number[]) => StartPosition, number]>([
    ["the beginning", () => ({ kind: "earliest" }), 0],
    ["the end", () => ({ kind: "latest" }), 3],
    ["a position", () => ({ kind: "position", position: 1, isInclusive: true }), 1],
    ["behind a position", () => ({ kind: "position", position: 1, isInclusive: false }), 2],
    ["before everything", () => ({ kind: "position", position: -1, isInclusive: false }), 0],
    ["a time", (t) => ({ kind: "time", timeMs: t[1]!, isInclusive: true }), 1],
    ["behind a time", (t) => ({ kind: "time", timeMs: t[1]!, isInclusive: false }), 2],
  ])("can begin at %s", async (_, start, expected) => {
    const { clock, send, open } = await setUp();
    const times: number[] = [];
    for (const text of ["a", "b", "c"]) {
      times.push(clock.now());
      await send(text);
      await clock.advance(1000);
    }
    expect((await open({ start: start(times) })).position).toBe(expected);
  });

  test("of a partition or group that is not there is refused", async () => {
    const { hub } = await setUp();
    const request = { start: { kind: "earliest" }, onDisplaced: () => {} } as const;
    await expect(
      hub.events.openReader({ ...request, consumerGroup: "$Default", partitionId: "4" }),
    ).rejects.toMatchObject({ code: "PartitionNotFound" });
    await expect(
      hub.events.openReader({ ...request, consumerGroup: "other", partitionId: "0" }),
    ).rejects.toMatchObject({ code: "ConsumerGroupNotFound" });
  });

  test("without an epoch shares the partition with four others", async () => {
    const { open } = await setUp();
    const readers = [];
    for (let i = 0; i < 5; i++) readers.push(await open());
    await expect(open()).rejects.toMatchObject({ code: "ReaderQuotaExceeded" });
    readers[0]![Symbol.dispose]();
    await expect(open()).resolves.toBeDefined();
  });

  test("with the same or a higher epoch takes the partition, with a lower one it is refused", async () => {
    const { open, displaced } = await setUp();
    await open({ name: "shared" });
    await open({ epoch: 1n, name: "first" });
    await open({ epoch: 1n, name: "second" });
    await open({ epoch: 2n, name: "third" });
    expect(displaced).toEqual(["shared", "first", "second"]);
    await expect(open({ epoch: 1n })).rejects.toMatchObject({ code: "ReaderDisplaced" });
    await expect(open()).rejects.toMatchObject({ code: "ReaderDisplaced" });
  });
});

describe("the partition of a key", () => {
  test("is always one that exists, and all get their share", () => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[partitionOf(`device-${i}`, 4)]!++;
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
