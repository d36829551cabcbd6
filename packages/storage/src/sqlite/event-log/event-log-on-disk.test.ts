import { closeSync, openSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import { openEventLogOnDisk } from "../../fixtures/event-log-on-disk.fixture.ts";
import { connect } from "../database-files/connect.ts";
import { appendOf, readAll, textsOf } from "../../fixtures/records.fixture.ts";

const textsIn = async (...args: Parameters<typeof readAll>) =>
  (await readAll(...args)).map(({ text }) => text);

test("events, positions and times survive a restart", async () => {
  await using disk = await openEventLogOnDisk({ partitionCount: 2 });
  await disk.log.append(appendOf(1, ["a", "b"]));
  const before = disk.log.state(1);
  await disk.reopen();
  expect(disk.log.state(1)).toEqual(before);
  disk.clock.advance(-5000);
  await disk.log.append(appendOf(1, ["c"]));
  expect(await readAll(disk.log, 1)).toMatchObject([
    { position: 0, text: "a" },
    { position: 1, text: "b" },
    { position: 2, text: "c", enqueuedAtMs: before.lastEnqueuedAtMs },
  ]);
  expect(disk.log.state(0).lastPosition).toBe(-1);
});

test("closing writes what is still on its way", async () => {
  await using disk = await openEventLogOnDisk();
  const appended = disk.log.append(appendOf(0, ["a"]));
  await disk.reopen();
  await appended;
  expect(await textsIn(disk.log, 0)).toEqual(["a"]);
});

test("nothing can be appended or read any more once the log is closed", async () => {
  await using disk = await openEventLogOnDisk();
  const { log } = disk;
  await log.append(appendOf(0, ["a"]));
  await disk.reopen();
  const unavailable = { code: "EventLogUnavailable" };
  await expect(log.append(appendOf(0, ["b"]))).rejects.toMatchObject(unavailable);
  await expect(log.read(0, 0, { bytesMax: 1000 })).rejects.toMatchObject(unavailable);
});

test("events that are no longer in memory are read from disk, up to where memory begins", async () => {
  await using disk = await openEventLogOnDisk({ limits: { tailBytesPerPartitionMax: 1000 } });
  const texts = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(80, "."));
  disk.log.onAppended(0, () => undefined);
  for (const text of texts) {
    disk.clock.advance(10);
    await disk.log.append(appendOf(0, [text, `${text}2`]));
  }
  expect(disk.workers.has("reader")).toBe(false);
  expect(await textsIn(disk.log, 0)).toEqual(texts.flatMap((text) => [text, `${text}2`]));
  expect(disk.workers.has("reader")).toBe(true);
  const startMs = disk.log.state(0).lastEnqueuedAtMs - 290;
  const found = [0, 1, 10, 100, 285, 290, 291].map((ms) => disk.log.positionAt(0, startMs + ms));
  expect(await Promise.all(found)).toEqual([0, 2, 2, 20, 58, 58, 60]);
});

test("a reader that keeps up is served from memory", async () => {
  await using disk = await openEventLogOnDisk();
  await disk.log.append(appendOf(0, ["nobody reads yet"]));
  expect(await textsIn(disk.log, 0)).toEqual(["nobody reads yet"]);
  await disk.workers.get("reader")!.terminate();
  await expect.poll(() => disk.workers.has("reader")).toBe(false);
  for (const text of ["a", "b", "c"]) {
    await disk.log.append(appendOf(0, [text]));
    const { lastPosition } = disk.log.state(0);
    expect(textsOf(await disk.log.read(0, lastPosition, { bytesMax: 1000 }))).toEqual([text]);
  }
  expect(disk.workers.has("reader")).toBe(false);
});

test("the memory for recent events is shared between partitions within one limit", async () => {
  const limits = { tailBytesPerPartitionMax: 100_000, tailBytesMax: 2000 };
  await using disk = await openEventLogOnDisk({ partitionCount: 2, limits });
  for (const partition of [0, 1]) disk.log.onAppended(partition, () => undefined);
  for (let index = 0; index < 20; index += 1) {
    await disk.log.append(appendOf(index % 2, [`${index}`.padEnd(500, ".")]));
  }
  // The newest are still in memory for both, so that reading them starts no reader.
  for (const partition of [0, 1]) {
    expect(await disk.log.read(partition, 9, { bytesMax: 1000 })).toHaveLength(1);
  }
  expect(disk.workers.has("reader")).toBe(false);
  expect(await readAll(disk.log, 0)).toHaveLength(10);
  expect(disk.workers.has("reader")).toBe(true);
});

test("hubs in the same database keep their events apart", async () => {
  await using disk = await openEventLogOnDisk();
  const eventRetention = { ageMs: 1000, bytesMax: 1000 };
  const other = await disk.service.openHub({ name: "other", partitionCount: 3, eventRetention });
  await disk.log.append(appendOf(0, ["mine"]));
  expect(other.state(0).lastPosition).toBe(-1);
  await other.append(appendOf(0, ["theirs"]));
  expect(await textsIn(other, 0)).toEqual(["theirs"]);
  expect(await textsIn(disk.log, 0)).toEqual(["mine"]);
});

test("a row that was damaged on disk is passed over and reported", async () => {
  await using disk = await openEventLogOnDisk();
  for (const text of ["a", "b", "c", "d"]) await disk.log.append(appendOf(0, [text]));
  await disk.reopen(() => {
    const database = connect(disk.file);
    database.exec("UPDATE batches SET bytes = zeroblob(length(bytes)) WHERE first_position = 1");
    database.exec("UPDATE batches SET first_time_ms = 0 WHERE first_position = 3");
    database.close();
  });
  expect(await textsIn(disk.log, 0, 1)).toEqual(["a", "c"]);
  expect(await textsIn(disk.log, 0)).toEqual(["a", "c"]);
  // Once for each row, however often it is met.
  expect(disk.captured.lines).toMatchObject([
    { fields: { firstPosition: 1 }, message: "damaged events were passed over" },
    { fields: { firstPosition: 3 }, message: "damaged events were passed over" },
  ]);
});

test("an intact row after more damaged ones than one look takes in is found", async () => {
  await using disk = await openEventLogOnDisk({ limits: { rowBytesMax: 30 } });
  const texts = Array.from({ length: 2500 }, (_, index) => `event number ${index}`);
  await disk.log.append(appendOf(0, texts));
  await disk.reopen(() => {
    const database = connect(disk.file);
    database.exec("UPDATE batches SET checksum = checksum + 1 WHERE first_position < 2499");
    database.close();
  });
  expect(await textsIn(disk.log, 0)).toEqual(["event number 2499"]);
});

test("a time that leads to a damaged row leads to its beginning", async () => {
  await using disk = await openEventLogOnDisk();
  const startedAtMs = disk.clock.now();
  await disk.log.append(appendOf(0, ["a"]));
  const together = [disk.log.append(appendOf(0, ["b"]))];
  disk.clock.advance(10);
  together.push(disk.log.append(appendOf(0, ["c"])));
  await Promise.all(together);
  expect(await disk.log.positionAt(0, startedAtMs + 5)).toBe(2);
  await disk.reopen(() => {
    const database = connect(disk.file);
    database.exec("UPDATE batches SET bytes = zeroblob(length(bytes)) WHERE first_position = 1");
    database.close();
  });
  expect(await disk.log.positionAt(0, startedAtMs + 5)).toBe(1);
});

test("rows whose pages were overwritten in a large database are passed over and reported", async () => {
  await using disk = await openEventLogOnDisk({ limits: { rowBytesMax: 4_000_000 } });
  // Together too large for the check of a whole database at its start.
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(3_000_000));
  for (const text of texts) await disk.log.append(appendOf(0, [text]));
  await disk.reopen(() => {
    const database = connect(disk.file);
    const sql = "SELECT pageno FROM dbstat WHERE name = 'batches' AND pagetype = 'overflow'";
    const pages = database.prepare<[], number>(`${sql} ORDER BY pageno`).pluck().all();
    database.close();
    overwritePage(disk.file, pages[Math.floor(pages.length / 2)]!);
  });
  expect(await textsIn(disk.log, 0)).toEqual([texts[0], texts[2]]);
  expect(disk.captured.lines).toMatchObject([{ fields: { firstPosition: 1 } }]);
});

function overwritePage(file: string, page: number): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(8192, 0xff), 0, 8192, (page - 1) * 8192);
  closeSync(descriptor);
}
