import { expect, test } from "vitest";
import { openEventLogOnDisk } from "../../fixtures/event-log-on-disk.fixture.ts";
import { appendOf, readAll } from "../../fixtures/records.fixture.ts";

const UNAVAILABLE = { name: "HubError", code: "EventLogUnavailable" };

test("a full disk refuses events, and takes them again when there is room", async () => {
  await using disk = await openEventLogOnDisk({
    limits: { eventsDatabaseBytesMax: 200_000 },
    retention: { ageMs: 60_000 },
  });
  const kilobyte = "x".repeat(1000);
  let taken = 0;
  const fill = async () => {
    for (; taken < 1000; taken += 1) await disk.log.append(appendOf(0, [`${taken}${kilobyte}`]));
  };
  await expect(fill()).rejects.toMatchObject(UNAVAILABLE);
  expect(taken).toBeGreaterThan(10);
  expect(disk.log.state(0).lastPosition).toBe(taken - 1);
  expect(disk.log.isCongested).toBe(false);
  await expect(disk.log.append(appendOf(0, [kilobyte]))).rejects.toMatchObject(UNAVAILABLE);
  disk.clock.advance(100_000);
  await expect.poll(() => disk.log.state(0).firstPosition).toBeGreaterThan(0);
  await disk.log.append(appendOf(0, ["after"]));
  expect(disk.log.state(0).lastPosition).toBe(taken);
  expect((await readAll(disk.log, 0)).at(-1)).toMatchObject({ position: taken, text: "after" });
  expect(disk.captured.lines.map(({ message }) => message)).toEqual([
    "events cannot be written",
    "events can be written again",
  ]);
});

test("a refused group takes those that gathered behind it along, so that order is kept", async () => {
  await using disk = await openEventLogOnDisk({ limits: { eventsDatabaseBytesMax: 100_000 } });
  const tooLarge = disk.log.append(appendOf(0, ["x".repeat(200_000)]));
  await new Promise((resolve) => void setImmediate(resolve));
  // The first group is with the writer now.
  const behind = disk.log.append(appendOf(0, ["behind"]));
  await expect(tooLarge).rejects.toMatchObject(UNAVAILABLE);
  await expect(behind).rejects.toMatchObject(UNAVAILABLE);
  await disk.log.append(appendOf(0, ["next"]));
  expect(await readAll(disk.log, 0)).toMatchObject([{ position: 0, text: "next" }]);
});

test("the log survives the death of its writer", async () => {
  await using disk = await openEventLogOnDisk({ hasThreads: true });
  await disk.log.append(appendOf(0, ["before"]));
  const appended = disk.log.append(appendOf(0, ["lost"]));
  await disk.workers.get("writer")!.terminate();
  await expect(appended).rejects.toMatchObject(UNAVAILABLE);
  await disk.log.append(appendOf(0, ["after"]));
  const texts = (await readAll(disk.log, 0)).map(({ text }) => text);
  // Whether the refused one made it to the disk is open, but nothing else may be missing or doubled.
  expect(texts.filter((text) => text !== "lost")).toEqual(["before", "after"]);
  expect(disk.log.state(0).lastPosition).toBe(texts.length - 1);
});

test("events of a commit that the writer could not tell of are there, also for who was listening", async () => {
  await using disk = await openEventLogOnDisk();
  const seen: number[] = [];
  disk.log.onAppended(0, () => seen.push(disk.log.state(0).lastPosition));
  await disk.log.append(appendOf(0, ["before"]));
  const untold = disk.log.append(appendOf(0, ["untold"]));
  await new Promise((resolve) => void setImmediate(resolve));
  // The request is on its way; without threads it is served, but the answer finds nobody.
  disk.workers.get("writer")!.emit("exit", 1);
  await expect(untold).rejects.toMatchObject(UNAVAILABLE);
  await disk.log.append(appendOf(0, ["after"]));
  const texts = (await readAll(disk.log, 0)).map(({ text }) => text);
  expect(texts).toEqual(["before", "untold", "after"]);
  expect(seen).toEqual([0, 1, 2]);
});

test("the log survives the death of its reader", async () => {
  await using disk = await openEventLogOnDisk({ hasThreads: true });
  await disk.log.append(appendOf(0, ["a", "b"]));
  await disk.reopen();
  expect(await readAll(disk.log, 0)).toHaveLength(2);
  const asked = disk.log.read(0, 0, { bytesMax: 1000 });
  await disk.workers.get("reader")!.terminate();
  await asked.catch((error: unknown) => expect(error).toMatchObject(UNAVAILABLE));
  expect(await readAll(disk.log, 0)).toHaveLength(2);
});

test("heads are told to stop reading at half of what may wait, and refused beyond the whole", async () => {
  await using disk = await openEventLogOnDisk({ limits: { pendingBytesMax: 10_000 } });
  const entry = appendOf(0, ["x".repeat(1988)]);
  expect(entry.bytes).toBe(2000);
  const appended = [disk.log.append(entry), disk.log.append(entry)];
  expect(disk.log.isCongested).toBe(false);
  appended.push(disk.log.append(entry));
  expect(disk.log.isCongested).toBe(true);
  let isDrained = false;
  const drained = disk.log.drained().then(() => (isDrained = true));
  appended.push(disk.log.append(entry), disk.log.append(entry));
  const refused = disk.log.append(appendOf(0, [""]));
  await expect(refused).rejects.toMatchObject(UNAVAILABLE);
  expect(isDrained).toBe(false);
  await Promise.all(appended);
  await drained;
  expect(disk.log.isCongested).toBe(false);
  expect(disk.log.state(0).lastPosition).toBe(4);
});
