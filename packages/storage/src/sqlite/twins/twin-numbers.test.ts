import type { JsonObject } from "@larimar/domain";
import { expect, test } from "vitest";
import { TwinNumbers } from "./twin-numbers.ts";
import type { TwinPlace } from "./twin-place.ts";

const LEVEL: TwinPlace = { section: "reported", keys: ["level"] };
const RATE: TwinPlace = { section: "desired", keys: ["telemetry", "rate"] };
const FLOOR: TwinPlace = { section: "tags", keys: ["floor"] };
/** Of one place in a fleet of a thousand. */
const BYTES = 8 * (1000 + 4096 + 1);

const numbersWith = (limits: { twinNumbersBytesMax?: number; twinNumbersChangesMax?: number }) =>
  new TwinNumbers({ twinNumbersBytesMax: 10 * BYTES, twinNumbersChangesMax: 100, ...limits });

const twin = (sections: { tags?: JsonObject; desired?: JsonObject; reported?: JsonObject }) => ({
  tags: sections.tags ?? {},
  desired: { values: sections.desired ?? {} },
  reported: { values: sections.reported ?? {} },
});

/** What a thread would have read. */
function fill(numbers: TwinNumbers, place: TwinPlace, lastId = 1000): void {
  const begun = numbers.begin(place, lastId)!;
  begun.values.fill(Number.NaN);
  numbers.finish(begun);
}

function at(numbers: TwinNumbers, place: TwinPlace, id: number): number | undefined {
  return numbers.all.find((known) => known.place === place)?.values[id];
}

test("numbers follow their twins, and are none where the value is another", () => {
  const numbers = numbersWith({});
  for (const place of [LEVEL, RATE, FLOOR]) fill(numbers, place);
  numbers.changed(
    7,
    twin({ tags: { floor: 3 }, desired: { telemetry: { rate: 0.5 } }, reported: { level: 12 } }),
  );
  expect([LEVEL, RATE, FLOOR].map((place) => at(numbers, place, 7))).toEqual([12, 0.5, 3]);
  numbers.changed(7, twin({ tags: { floor: "3" }, desired: { telemetry: 1 } }));
  expect([LEVEL, RATE, FLOOR].map((place) => at(numbers, place, 7))).toEqual([NaN, NaN, NaN]);
});

test("numbers that are still being read are nobody's, and changes meanwhile are not lost", () => {
  const numbers = numbersWith({});
  const begun = numbers.begin(LEVEL, 1000)!;
  numbers.changed(7, twin({ reported: { level: 2 } }));
  begun.values.fill(1);
  expect(numbers.all).toEqual([]);
  numbers.finish(begun);
  expect([at(numbers, LEVEL, 6), at(numbers, LEVEL, 7)]).toEqual([1, 2]);
});

test("numbers are not read twice at a time", () => {
  const numbers = numbersWith({});
  const begun = numbers.begin(LEVEL, 1000)!;
  expect(numbers.begin(LEVEL, 1000)).toBeUndefined();
  numbers.abandon(begun);
  expect(numbers.begin(LEVEL, 1000)).toBeDefined();
});

test("what is used stays when others have to give way", () => {
  const numbers = numbersWith({ twinNumbersBytesMax: 2 * BYTES });
  fill(numbers, LEVEL);
  fill(numbers, RATE);
  numbers.used([LEVEL]);
  fill(numbers, FLOOR);
  expect(numbers.all.map(({ place }) => place)).toEqual([LEVEL, FLOOR]);
});

test("a fleet too large for the memory is left on disk", () => {
  const numbers = numbersWith({});
  expect(numbers.begin(LEVEL, 1_000_000)).toBeUndefined();
});

test("more changes than are remembered while numbers are read end the reading", () => {
  const numbers = numbersWith({ twinNumbersChangesMax: 2 });
  const begun = numbers.begin(LEVEL, 1000)!;
  for (const id of [1, 2, 3]) numbers.changed(id, twin({ reported: { level: id } }));
  numbers.finish(begun);
  expect(numbers.all).toEqual([]);
});

test("a twin beyond the room that was made ends what is known", () => {
  const numbers = numbersWith({});
  fill(numbers, LEVEL);
  numbers.changed(1_000_000, twin({ reported: { level: 1 } }));
  expect(numbers.all).toEqual([]);
});
