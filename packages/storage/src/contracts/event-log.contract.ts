import type { Append, EventLog } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import type { ManualClock } from "../fixtures/manual-clock.fixture.ts";
import { appendOf, eventsOf, readAll, textsOf } from "../fixtures/records.fixture.ts";

export interface EventLogSubject {
  /** An empty log with three partitions. */
  readonly log: EventLog;
  readonly clock: ManualClock;
}

export function eventLogContract(name: string, open: () => Promise<EventLogSubject>): void {
  describe(`EventLog contract: ${name}`, () => {
    test("begins empty", async () => {
      const { log } = await open();
      expect(log.partitionCount).toBe(3);
      expect(log.state(0)).toEqual({ firstPosition: 0, lastPosition: -1, lastEnqueuedAtMs: 0 });
      expect(await log.read(0, 0, { bytesMax: 1000 })).toEqual([]);
      expect(await log.positionAt(0, 0)).toBe(0);
      expect(log.isCongested).toBe(false);
      await log.drained();
    });

    test("gives each partition's events back in the order they came", async () => {
      const { log } = await open();
      await log.append(appendOf(1, ["a", "b"]));
      await Promise.all([
        log.append(appendOf(1, ["c"])),
        log.append(appendOf(2, ["x"])),
        log.append(appendOf(1, ["d", "e"])),
      ]);
      expect(await readAll(log, 1)).toMatchObject(
        ["a", "b", "c", "d", "e"].map((text, position) => ({ position, text })),
      );
      expect(await readAll(log, 2)).toMatchObject([{ position: 0, text: "x" }]);
      expect(await readAll(log, 0)).toEqual([]);
      expect(log.state(1)).toMatchObject({ firstPosition: 0, lastPosition: 4 });
    });

    test("has an append written before it returns, once, and shows it when it has resolved", async () => {
      const { log } = await open();
      let writes = 0;
      const appended = log.append(appendOf(0, ["a"], () => (writes += 1)));
      expect(writes).toBe(1);
      expect(log.state(0).lastPosition).toBe(-1);
      await appended;
      expect(writes).toBe(1);
      expect(log.state(0).lastPosition).toBe(0);
    });

    test("takes an append of nothing without a trace", async () => {
      const { log } = await open();
      await log.append(appendOf(0, []));
      expect(log.state(0).lastPosition).toBe(-1);
    });

    test("stamps events with a time that never runs backwards", async () => {
      const { log, clock } = await open();
      const startedAtMs = clock.now();
      await log.append(appendOf(0, ["a"]));
      clock.advance(10);
      await log.append(appendOf(0, ["b"]));
      clock.advance(-1000);
      await log.append(appendOf(0, ["c"]));
      await log.append(appendOf(1, ["elsewhere"]));
      clock.advance(1005);
      await log.append(appendOf(0, ["d"]));
      const times = (await readAll(log, 0)).map((event) => event.enqueuedAtMs - startedAtMs);
      expect(times).toEqual([0, 10, 10, 15]);
      expect(log.state(0).lastEnqueuedAtMs).toBe(startedAtMs + 15);
      expect((await readAll(log, 1))[0]?.enqueuedAtMs).toBe(startedAtMs - 990);
    });

    test("reads from the middle of what was appended together", async () => {
      const { log } = await open();
      await log.append(appendOf(0, ["a", "b", "c"]));
      await log.append(appendOf(0, ["d"]));
      const batches = await log.read(0, 1, { bytesMax: 1000 });
      expect(batches[0]!.firstPosition).toBeLessThanOrEqual(1);
      expect(textsOf(batches).slice(-3)).toEqual(["b", "c", "d"]);
      expect(textsOf(await log.read(0, 3, { bytesMax: 1000 }))).toEqual(["d"]);
      expect(await log.read(0, 4, { bytesMax: 1000 })).toEqual([]);
    });

    test("reads no more than was asked for, but never nothing while there is something", async () => {
      const { log } = await open();
      for (const text of ["a", "b", "c", "d"]) await log.append(appendOf(0, [text.repeat(100)]));
      const some = await log.read(0, 0, { bytesMax: 250 });
      expect(eventsOf(some).map(({ position }) => position)).toEqual([0, 1]);
      const one = await log.read(0, 1, { bytesMax: 1 });
      expect(eventsOf(one).map(({ position }) => position)).toEqual([1]);
    });

    test("finds positions by time", async () => {
      const { log, clock } = await open();
      const startedAtMs = clock.now();
      const appends: Promise<void>[] = [];
      // Two groups of appends, several times within each, one time shared between them.
      for (const text of ["a", "b", "c"]) {
        appends.push(log.append(appendOf(0, [text, `${text}2`])));
        clock.advance(10);
      }
      await Promise.all(appends);
      clock.advance(-10);
      await log.append(appendOf(0, ["d"]));
      clock.advance(10);
      await log.append(appendOf(0, ["e"]));
      const positionAt = (afterMs: number) => log.positionAt(0, startedAtMs + afterMs);
      const asked = [-1, 0, 1, 10, 11, 20, 21, 30, 31];
      const found = await Promise.all(asked.map(positionAt));
      expect(found).toEqual([0, 0, 2, 2, 4, 4, 7, 7, 8]);
    });

    test("keeps events larger than what it would put together itself", async () => {
      const { log } = await open();
      const texts = Array.from({ length: 10 }, (_, index) => String(index).repeat(250_000));
      await log.append(appendOf(0, ["before"]));
      await Promise.all([log.append(appendOf(0, texts)), log.append(appendOf(0, ["after"]))]);
      const events = await readAll(log, 0, 600_000);
      expect(events.map(({ text }) => text)).toEqual(["before", ...texts, "after"]);
      expect(events.map(({ position }) => position)).toEqual([...events.keys()]);
    });

    test("stays as it was when an append cannot be written", async () => {
      const { log } = await open();
      const broken: Append = {
        ...appendOf(0, ["broken"]),
        write: () => {
          throw new Error("the encoder failed");
        },
      };
      const before = log.append(appendOf(0, ["a"]));
      expect(() => void log.append(broken)).toThrow("the encoder failed");
      await Promise.all([before, log.append(appendOf(0, ["b"]))]);
      expect((await readAll(log, 0)).map(({ text }) => text)).toEqual(["a", "b"]);
    });

    test.each([-1, 3, 0.5])("has no partition %s", async (partition) => {
      const { log } = await open();
      expect(() => log.state(partition)).toThrow(expect.objectContaining({ code: NO_PARTITION }));
      const asked = log.read(partition, 0, { bytesMax: 1 });
      await expect(asked).rejects.toMatchObject({ code: NO_PARTITION });
    });
  });

  describe(`EventLog contract, listeners: ${name}`, () => {
    test("are called when events can be read, for their partition alone", async () => {
      const { log } = await open();
      const seen: number[] = [];
      log.onAppended(0, () => seen.push(log.state(0).lastPosition));
      await log.append(appendOf(0, ["a", "b"]));
      await log.append(appendOf(1, ["x"]));
      await log.append(appendOf(0, ["c"]));
      expect(seen).toEqual([1, 2]);
    });

    test("are not called any more once they have left", async () => {
      const { log } = await open();
      let calls = 0;
      const count = () => void (calls += 1);
      const [first, second] = [log.onAppended(0, count), log.onAppended(0, count)];
      first[Symbol.dispose]();
      first[Symbol.dispose]();
      await log.append(appendOf(0, ["a"]));
      expect(calls).toBe(1);
      second[Symbol.dispose]();
      await log.append(appendOf(0, ["b"]));
      expect(calls).toBe(1);
    });

    test("may come and go while they are called", async () => {
      const { log } = await open();
      const calls: string[] = [];
      const first = log.onAppended(0, () => {
        calls.push("first");
        first[Symbol.dispose]();
        second[Symbol.dispose]();
        log.onAppended(0, () => calls.push("third"));
      });
      const second = log.onAppended(0, () => calls.push("second"));
      await log.append(appendOf(0, ["a"]));
      expect(calls).toEqual(["first"]);
      await log.append(appendOf(0, ["b"]));
      expect(calls).toEqual(["first", "third"]);
    });

    test("do not disturb each other or the log when they fail", async () => {
      const { log } = await open();
      let calls = 0;
      log.onAppended(0, () => {
        throw new Error("the listener failed");
      });
      log.onAppended(0, () => (calls += 1));
      await log.append(appendOf(0, ["a"]));
      expect(calls).toBe(1);
      expect(log.state(0).lastPosition).toBe(0);
    });
  });
}

const NO_PARTITION = "PartitionNotFound";
