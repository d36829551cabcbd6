import { expect, test } from "vitest";
import {
  type EventLogOnDisk,
  openEventLogOnDisk,
} from "../../fixtures/event-log-on-disk.fixture.ts";
import { appendOf, readAll } from "../../fixtures/records.fixture.ts";

const HOUR_MS = 3_600_000;

/** Moves time on to the next sweep and waits until it has moved the beginning of a partition there. */
async function sweep(disk: EventLogOnDisk, partition: number, firstPosition: number) {
  disk.clock.advance(disk.limits.sweepIntervalMs);
  await expect.poll(() => disk.log.state(partition).firstPosition).toBe(firstPosition);
}

test("events are removed when they are too old", async () => {
  await using disk = await openEventLogOnDisk({ retention: { ageMs: HOUR_MS } });
  await disk.log.append(appendOf(0, ["a", "b"]));
  disk.clock.advance(HOUR_MS / 2);
  await disk.log.append(appendOf(0, ["c"]));
  disk.clock.advance(HOUR_MS / 2);
  await sweep(disk, 0, 2);
  expect(await readAll(disk.log, 0)).toMatchObject([{ position: 2, text: "c" }]);
  // Who asks for what is gone gets what is there next.
  expect(await disk.log.read(0, 0, { bytesMax: 1000 })).toMatchObject([{ firstPosition: 2 }]);
  expect(await disk.log.positionAt(0, 0)).toBe(2);
});

test("a hub keeps no more bytes than it may, the newest of all partitions", async () => {
  await using disk = await openEventLogOnDisk({
    partitionCount: 2,
    retention: { bytesMax: 3 * 100 },
  });
  for (const text of ["a", "b", "c", "d", "e"]) {
    disk.clock.advance(1);
    await disk.log.append(appendOf(text === "b" ? 1 : 0, [text.repeat(88)]));
  }
  await sweep(disk, 1, 1);
  expect(disk.log.state(0).firstPosition).toBe(1);
  expect(await readAll(disk.log, 0)).toHaveLength(3);
  await disk.reopen();
  expect(disk.log.state(0)).toMatchObject({ firstPosition: 1, lastPosition: 3 });
  expect(disk.log.state(1)).toMatchObject({ firstPosition: 1, lastPosition: 0 });
  expect(await readAll(disk.log, 0)).toHaveLength(3);
});

test("positions are not used again when everything was removed, even after a restart", async () => {
  await using disk = await openEventLogOnDisk({ retention: { ageMs: HOUR_MS } });
  await disk.log.append(appendOf(0, ["a", "b", "c"]));
  const { lastEnqueuedAtMs } = disk.log.state(0);
  disk.clock.advance(HOUR_MS);
  await sweep(disk, 0, 3);
  const empty = { firstPosition: 3, lastPosition: 2, lastEnqueuedAtMs };
  expect(disk.log.state(0)).toEqual(empty);
  expect(await disk.log.read(0, 0, { bytesMax: 1000 })).toEqual([]);
  await disk.reopen();
  expect(disk.log.state(0)).toEqual(empty);
  expect(await disk.log.positionAt(0, 0)).toBe(3);
  await disk.log.append(appendOf(0, ["d"]));
  expect(await readAll(disk.log, 0)).toMatchObject([{ position: 3, text: "d" }]);
});

test("a sweep does a little at a time until everything is done", async () => {
  await using disk = await openEventLogOnDisk({
    retention: { ageMs: HOUR_MS },
    limits: { sweepBatchesMax: 3 },
  });
  for (let index = 0; index < 10; index += 1) await disk.log.append(appendOf(0, [`${index}`]));
  disk.clock.advance(HOUR_MS);
  await sweep(disk, 0, 10);
  expect(await readAll(disk.log, 0)).toEqual([]);
});

test("new settings of a hub take effect while it is open", async () => {
  await using disk = await openEventLogOnDisk({ retention: { ageMs: 24 * HOUR_MS } });
  await disk.log.append(appendOf(0, ["a"]));
  const same = await disk.service.openHub({
    name: "hub",
    partitionCount: 1,
    eventRetention: { ageMs: HOUR_MS, bytesMax: 1000 },
  });
  expect(same).toBe(disk.log);
  disk.clock.advance(HOUR_MS);
  await sweep(disk, 0, 1);
});
