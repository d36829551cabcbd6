import path from "node:path";
import type { JsonObject, JsonValue, Twin } from "@larimar/domain";
import { NEVER_SEEN, createTwin, evaluateQuery, parseQuery, twinDocument } from "@larimar/domain";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { device } from "../../../contracts/device-store.contract.ts";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../../storage-limits.ts";
import { DeviceStatements, SqliteDeviceStore } from "../../devices/sqlite-device-store.ts";
import { hubOwner } from "../../row-owner.ts";
import { StateDatabase } from "../../state-database.ts";
import type { MemoryColumn, MemoryKey } from "../../twins/memory-column.ts";
import { SqliteTwinStore, TwinStatements } from "../../twins/sqlite-twin-store.ts";
import { TwinMemory } from "../../twins/twin-memory.ts";
import { quote } from "../fixtures/random-queries.fixture.ts";
import { QueryReader } from "../query-reader.ts";

const PLACE = { section: "reported", keys: ["level"] } as const;
const LEVEL = "properties.reported.level";
const KINDS = ["numbers", "texts"] as const;
const NAMES = ["CONTAINS", "STARTSWITH", "ENDSWITH"];
const READING = ["begin", "fill", "finish"] as const;
const IDS = ["d0", "d1", "d2", "d3", "d4"];

/** So few different characters that parts are often found; some are of two units, or followed by an accent. */
const anyText = (lengths: { minLength?: number; maxLength?: number }) =>
  fc
    .array(fc.constantFrom("a", "b", "A", "é", "e\u0301", "\u{1f600}", "\u{1f601}", "\0"), lengths)
    .map((characters) => characters.join(""));
const anyLevel: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, -1, "1", true, { level: 1 }, ["aaa"]),
  { weight: 2, arbitrary: anyText({ maxLength: 8 }) },
  anyText({ minLength: 20, maxLength: 40 }),
);

const anyStep = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("put" as const, "put" as const, "undone" as const),
      deviceId: fc.constantFrom(...IDS),
      level: anyLevel,
    }),
  },
  fc.record({ kind: fc.constant("remove" as const), deviceId: fc.constantFrom(...IDS) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom(...READING) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const NUMBER_CONDITIONS = ["= 1", "> 1", "<= 1", `> 0 AND ${LEVEL} < 3`, "IN [2, 3]"].map(
  (condition) => `${LEVEL} ${condition}`,
);
const anyPart = fc
  .tuple(fc.constantFrom(...NAMES), fc.oneof(anyText({ maxLength: 4 }), anyText({ maxLength: 12 })))
  .map(([name, part]) => `${name}(${LEVEL}, ${quote(part)})`);
const anyTextCondition = fc.oneof(
  { weight: 3, arbitrary: anyPart },
  anyPart.map((one) => `NOT ${one}`),
  fc
    .tuple(anyPart, fc.constantFrom("AND", "OR", "AND NOT", "OR NOT"), anyPart)
    .map(([one, operator, other]) => `${one} ${operator} ${other}`),
  anyPart.map((one) => `(${one} OR ${LEVEL} > 1) AND NOT ${LEVEL} = 'aaa'`),
);

const directory = makeTemporaryDirectory();
const twins = new Map<string, Twin>();
const memory = new TwinMemory(DEFAULT_STORAGE_LIMITS);
const begun: MemoryColumn[] = [];
let isFilled = false;
let state: StateDatabase;
let twinStore: SqliteTwinStore;
let deviceStore: SqliteDeviceStore;
let reader: QueryReader;

beforeAll(() => {
  const file = path.join(directory.path, "state.db");
  state = new StateDatabase(file);
  twinStore = new SqliteTwinStore(new TwinStatements(state, memory), hubOwner(state, "hub"));
  deviceStore = new SqliteDeviceStore(new DeviceStatements(state), hubOwner(state, "hub"));
  reader = new QueryReader({ file, pageBytesMax: 1024 ** 2 });
});

afterAll(async () => {
  reader.close();
  await state[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const budget = () => ({ cancelled: new Int32Array(new SharedArrayBuffer(4)), timeMaxMs: 60_000 });

function withLevel(deviceId: string, level: JsonValue): [twin: Twin, before: number | undefined] {
  const before = twins.get(deviceId);
  const twin = before ?? createTwin({ deviceId }, 0);
  const reported = { ...twin.reported, values: { level } };
  return [{ ...twin, reported, version: twin.version + 1 }, before?.version];
}

async function take(step: Step): Promise<void> {
  switch (step.kind) {
    case "put": {
      const { deviceId } = step;
      const [twin, before] = withLevel(deviceId, step.level);
      if (before === undefined) await deviceStore.put(device(deviceId, "e"), undefined);
      expect(await twinStore.put(twin, before)).toBe("written");
      twins.set(deviceId, twin);
      return;
    }
    case "undone": {
      const [twin, before] = withLevel(step.deviceId, step.level);
      const write = state.write(() => {
        twinStore.putNow(twin, before);
        throw new Error("undone");
      });
      await expect(write).rejects.toThrow("undone");
      return;
    }
    case "remove":
      await deviceStore.delete(step.deviceId, undefined);
      twins.delete(step.deviceId);
      return;
    case "begin":
      if (begun.length > 0) return;
      begun.push(...KINDS.flatMap((kind) => memory.begin({ kind, place: PLACE }, 1000) ?? []));
      return;
    case "fill":
      isFilled = begun.length > 0;
      for (const column of begun) {
        expect(reader.fillMemory({ ...budget(), column })).toEqual({ kind: "done" });
      }
      return;
    case "finish":
      for (const column of begun.splice(0)) {
        if (isFilled) memory.finish(column);
        else memory.abandon(column);
      }
      isFilled = false;
  }
}

function read(text: string): { ids: string[]; isHelpedBy: readonly MemoryKey["kind"][] } {
  const request = { ...budget(), hub: "hub", columns: memory.columns };
  const query = parseQuery(text);
  const page = reader.page({ ...request, query, after: undefined, limit: 100 });
  if (page.kind !== "done") throw new Error(JSON.stringify(page));
  const ids = idsOf(JSON.parse(page.rows) as JsonObject[]);
  return { ids, isHelpedBy: page.used.map(({ kind }) => kind) };
}

function expected(text: string): string[] {
  const parts = { ...device("", "e"), presence: NEVER_SEEN, commandCount: 0 };
  const documents = [...twins.values()].map((twin) => twinDocument(twin, parts));
  return idsOf(evaluateQuery(parseQuery(text), documents));
}

function idsOf(rows: readonly JsonObject[]): string[] {
  return rows.map(({ deviceId }) => deviceId as string).toSorted();
}

/** Of texts that there are, and of those that were there just before. */
function* partsOf(levels: readonly (JsonValue | undefined)[], [start, length]: [number, number]) {
  for (const level of levels) {
    if (typeof level !== "string") continue;
    const part = Array.from(level)
      .slice(start, start + length)
      .join("");
    for (const name of NAMES) yield `${name}(${LEVEL}, ${quote(part)})`;
  }
}

const anyRound = fc.record({
  step: anyStep,
  conditions: fc.array(anyTextCondition, { maxLength: 3 }),
  slice: fc.tuple(fc.nat(3), fc.nat(8)),
});

test("what is in memory is what the twins have, whatever happens while it is read", async () => {
  let helpedByNumbers = 0;
  let partsFound = 0;
  const anyRounds = fc.array(anyRound, { minLength: 5, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 2, 3), anyRounds, async (alreadyTaken, rounds) => {
      for (const kind of READING.slice(0, alreadyTaken)) await take({ kind });
      for (const { step, conditions, slice } of rounds) {
        const deviceId = "deviceId" in step ? step.deviceId : IDS[0]!;
        const before = twins.get(deviceId)?.reported.values.level;
        await take(step);
        const now = twins.get(deviceId)?.reported.values.level;
        const parts = [...conditions, ...partsOf([before, now], slice)];
        for (const condition of [...NUMBER_CONDITIONS, ...parts]) {
          const text = `SELECT deviceId FROM devices WHERE ${condition}`;
          const { ids, isHelpedBy } = read(text);
          expect(ids, text).toEqual(expected(text));
          if (isHelpedBy.includes("numbers")) helpedByNumbers += 1;
          if (isHelpedBy.includes("texts") && ids.length > 0) partsFound += 1;
        }
      }
      // Every run reads them anew.
      for (const known of memory.columns) memory.abandon(known);
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(helpedByNumbers).toBeGreaterThan(0);
  expect(partsFound).toBeGreaterThan(0);
});
