import type { EventLog } from "@larimar/domain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openEventLogOnDisk } from "../../fixtures/event-log-on-disk.fixture.ts";
import { appendOf, eventsOf, readAll } from "../../fixtures/records.fixture.ts";

type Step =
  | { readonly kind: "append"; readonly partition: number; readonly lengths: readonly number[] }
  | { readonly kind: "settle" }
  | { readonly kind: "reopen" }
  | { readonly kind: "pass"; readonly byMs: number }
  | { readonly kind: "sweep" }
  | {
      readonly kind: "read";
      readonly partition: number;
      readonly at: number;
      readonly bytesMax: number;
    }
  | { readonly kind: "seek"; readonly partition: number; readonly at: number };

const partition = fc.nat({ max: 1 });
const at = fc.double({ min: 0, max: 1, noNaN: true });
const lengths = fc.array(fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 600 })), { maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("append"), partition, lengths }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass"), byMs: fc.nat({ max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      partition,
      at,
      bytesMax: fc.integer({ min: 1, max: 2000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("seek"), partition, at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen") }) },
);

interface Expected {
  readonly text: string;
  readonly timeMs: number;
}

test("whatever is appended is read back exactly, in order, from the first position on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await using disk = await openEventLogOnDisk({
        partitionCount: 2,
        retention: { ageMs: 1000, bytesMax: 5000 },
        limits: {
          rowBytesMax: 400,
          tailBytesPerPartitionMax: 1500,
          tailBytesMax: 2500,
          diskReadBytesMax: 1000,
          sweepBatchesMax: 2,
        },
      });
      const appended: Expected[][] = [[], []];
      let pending: Promise<void>[] = [];
      const settle = async () => {
        await Promise.all(pending);
        pending = [];
      };
      let texts = 0;
      for (const next of steps) {
        if (next.kind === "append") {
          const list = appended[next.partition]!;
          const written = next.lengths.map((length) => `${(texts += 1)}`.padEnd(length, "."));
          const note = (timeMs: number) => {
            for (const text of written) list.push({ text, timeMs });
          };
          pending.push(disk.log.append(appendOf(next.partition, written, note)));
          continue;
        }
        await settle();
        if (next.kind === "pass") disk.clock.advance(next.byMs);
        else if (next.kind === "sweep") disk.clock.advance(disk.limits.sweepIntervalMs);
        else if (next.kind === "reopen") await disk.reopen();
        else if (next.kind === "read" || next.kind === "seek")
          await check(disk.log, next, appended[next.partition]!);
      }
      await settle();
      for (const [index, list] of appended.entries()) await checkAll(disk.log, index, list);
    }),
    { numRuns: 100 },
  );
});

/** Retention may move on while this reads; what it has not removed at the end must be there. */
async function checkAll(log: EventLog, index: number, list: readonly Expected[]): Promise<void> {
  const firstBefore = log.state(index).firstPosition;
  const events = await readAll(log, index);
  const { firstPosition, lastPosition } = log.state(index);
  expect(lastPosition).toBe(list.length - 1);
  for (const event of events) expect(event).toMatchObject(expectation(list, event.position));
  const positions = events.map(({ position }) => position);
  expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
  expect(positions[0] ?? list.length).toBeGreaterThanOrEqual(firstBefore);
  const kept = positions.filter((position) => position >= firstPosition);
  expect(kept).toEqual(consecutive(firstPosition, list.length - firstPosition));
}

async function check(
  log: EventLog,
  next: Extract<Step, { kind: "read" | "seek" }>,
  list: readonly Expected[],
): Promise<void> {
  const before = log.state(next.partition).firstPosition;
  if (next.kind === "read") {
    const asked = Math.round(next.at * list.length);
    const events = eventsOf(await log.read(next.partition, asked, { bytesMax: next.bytesMax }));
    const wanted = events.filter(({ position }) => position >= asked);
    for (const event of events) expect(event).toMatchObject(expectation(list, event.position));
    const start = Math.max(asked, before);
    if (start < list.length && log.state(next.partition).firstPosition <= start) {
      expect(wanted[0]?.position).toBe(start);
    }
    return;
  }
  const [firstMs, lastMs] = [list[0]?.timeMs ?? 0, list.at(-1)?.timeMs ?? 0];
  const timeMs = Math.round(firstMs + next.at * (lastMs + 1 - firstMs));
  const position = await log.positionAt(next.partition, timeMs);
  const ideal = list.findIndex((event) => event.timeMs >= timeMs);
  const wanted = ideal === -1 ? list.length : ideal;
  const after = log.state(next.partition).firstPosition;
  expect(position).toBeGreaterThanOrEqual(Math.max(wanted, before));
  expect(position).toBeLessThanOrEqual(Math.max(wanted, after));
}

function expectation(list: readonly Expected[], position: number) {
  const { text, timeMs } = list[position]!;
  return { position, text, enqueuedAtMs: timeMs };
}

function consecutive(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}
