import type { JsonObject, JsonValue } from "@larimar/domain";
import { expect, test } from "vitest";
import type { MemoryKey } from "./memory-column.ts";
import { keep } from "./memory-column.ts";
import { signatureOf } from "./text-signature.ts";
import { TwinMemory } from "./twin-memory.ts";

const LEVEL = { kind: "numbers", place: { section: "reported", keys: ["level"] } } as const;
const RATE = {
  kind: "numbers",
  place: { section: "desired", keys: ["telemetry", "rate"] },
} as const;
const FLOOR = { kind: "numbers", place: { section: "tags", keys: ["floor"] } } as const;
const FLOOR_TEXT = { ...FLOOR, kind: "texts" } as const;
/** Of one column in a fleet of a thousand. */
const BYTES = 8 * (1000 + 4096 + 1);

const memoryWith = (limits: { twinMemoryBytesMax?: number; twinMemoryChangesMax?: number }) =>
  new TwinMemory({ twinMemoryBytesMax: 10 * BYTES, twinMemoryChangesMax: 100, ...limits });

const twin = (sections: { tags?: JsonObject; desired?: JsonObject; reported?: JsonObject }) => ({
  tags: sections.tags ?? {},
  desired: { values: sections.desired ?? {} },
  reported: { values: sections.reported ?? {} },
});

/** What a thread would have read. */
function fill(memory: TwinMemory, key: MemoryKey, lastId = 1000): void {
  const begun = memory.begin(key, lastId)!;
  begun.values.fill(begun.kind === "numbers" ? Number.NaN : 0);
  memory.finish(begun);
}

function at(memory: TwinMemory, { kind, place }: MemoryKey, id: number): unknown {
  const column = memory.columns.find((known) => known.kind === kind && known.place === place);
  if (column?.kind !== "texts") return column?.values[id];
  return { low: column.values[2 * id], high: column.values[2 * id + 1] };
}

test("numbers follow their twins, and are none where the value is another", () => {
  const memory = memoryWith({});
  for (const key of [LEVEL, RATE, FLOOR]) fill(memory, key);
  memory.changed(
    7,
    twin({ tags: { floor: 3 }, desired: { telemetry: { rate: 0.5 } }, reported: { level: 12 } }),
  );
  expect([LEVEL, RATE, FLOOR].map((key) => at(memory, key, 7))).toEqual([12, 0.5, 3]);
  memory.changed(7, twin({ tags: { floor: "3" }, desired: { telemetry: 1 } }));
  expect([LEVEL, RATE, FLOOR].map((key) => at(memory, key, 7))).toEqual([NaN, NaN, NaN]);
});

test("signatures follow the texts beside the numbers of the same place", () => {
  const memory = memoryWith({});
  for (const key of [FLOOR, FLOOR_TEXT]) fill(memory, key);
  const put = (floor: JsonValue) => memory.changed(7, twin({ tags: { floor } }));
  put("third floor");
  expect(at(memory, FLOOR, 7)).toBeNaN();
  expect(at(memory, FLOOR_TEXT, 7)).toEqual(signatureOf("third floor"));
  for (const other of [3, "3", true, ["third floor"], { floor: "third floor" }]) {
    put("third floor");
    put(other);
    expect(at(memory, FLOOR_TEXT, 7), JSON.stringify(other)).toEqual({ low: 0, high: 0 });
  }
  expect([at(memory, FLOOR_TEXT, 6), at(memory, FLOOR_TEXT, 8)]).toEqual([
    { low: 0, high: 0 },
    { low: 0, high: 0 },
  ]);
});

test.each([
  { key: LEVEL, change: 2, was: 1, is: 2 },
  {
    key: { ...LEVEL, kind: "texts" } as const,
    change: "another",
    was: signatureOf("one"),
    is: signatureOf("another"),
  },
])(
  "$key.kind that are still being read are nobody's, and changes meanwhile are not lost",
  ({ key, change, was, is }) => {
    const memory = memoryWith({});
    const begun = memory.begin(key, 1000)!;
    memory.changed(7, twin({ reported: { level: change } }));
    for (const id of [6, 7]) keep(begun, id, was);
    expect(memory.columns).toEqual([]);
    memory.finish(begun);
    expect([at(memory, key, 6), at(memory, key, 7)]).toEqual([was, is]);
  },
);

test("a column is not read twice at a time", () => {
  const memory = memoryWith({});
  const begun = memory.begin(LEVEL, 1000)!;
  expect(memory.begin(LEVEL, 1000)).toBeUndefined();
  memory.abandon(begun);
  expect(memory.begin(LEVEL, 1000)).toBeDefined();
});

test("what is used stays when others have to give way, whatever is in them", () => {
  const memory = memoryWith({ twinMemoryBytesMax: 2 * BYTES });
  fill(memory, FLOOR);
  fill(memory, FLOOR_TEXT);
  memory.used([FLOOR]);
  fill(memory, RATE);
  expect(memory.columns.map(({ kind, place }) => ({ kind, place }))).toEqual([FLOOR, RATE]);
});

test("a fleet too large for the memory is left on disk", () => {
  const memory = memoryWith({});
  for (const key of [FLOOR, FLOOR_TEXT]) expect(memory.begin(key, 1_000_000)).toBeUndefined();
});

test("more changes than are remembered while a column is read end the reading", () => {
  const memory = memoryWith({ twinMemoryChangesMax: 2 });
  const begun = memory.begin(LEVEL, 1000)!;
  for (const id of [1, 2, 3]) memory.changed(id, twin({ reported: { level: id } }));
  memory.finish(begun);
  expect(memory.columns).toEqual([]);
});

test.each([FLOOR, FLOOR_TEXT])("a twin beyond the room for $kind ends what is known", (key) => {
  const memory = memoryWith({});
  fill(memory, key);
  memory.changed(BYTES / 8 - 1, twin({}));
  expect(memory.columns).toHaveLength(1);
  memory.changed(BYTES / 8, twin({}));
  expect(memory.columns).toEqual([]);
});
