import type { EventLog } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { appendOf, textsOf } from "./fixtures/records.fixture.ts";

/** What a fresh hub's log, with two partitions, has to do however it is stored. */
export function eventLogContract(
  name: string,
  open: (partitionCount: number) => Promise<EventLog & AsyncDisposable>,
): void {
  describe(`EventLog contract: ${name}`, () => {
    test("begins empty", async () => {
      await using log = await open(2);
      expect(log.partitionCount).toBe(2);
      expect(log.state(0)).toEqual({ firstPosition: 0, lastPosition: -1, lastEnqueuedAtMs: 0 });
      expect(await log.read(0, 0, { bytesMax: 1000 })).toEqual([]);
      expect(await log.positionAt(0, 0)).toBe(0);
      expect(log.isCongested).toBe(false);
    });

    test("gives back what was appended", async () => {
      await using log = await open(2);
      await log.append(appendOf(1, ["a", "b"]));
      await log.append(appendOf(1, ["c"]));
      expect(textsOf(await log.read(1, 0, { bytesMax: 1000 }))).toEqual(["a", "b", "c"]);
      expect(log.state(1)).toMatchObject({ firstPosition: 0, lastPosition: 2 });
      expect(log.state(0)).toMatchObject({ lastPosition: -1 });
    });
  });
}
