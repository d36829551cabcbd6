import path from "node:path";
import type { JsonValue, Twin } from "@larimar/domain";
import { createTwin, parseQuery } from "@larimar/domain";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { device } from "../../../contracts/device-store.contract.ts";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../../storage-limits.ts";
import { DeviceStatements, SqliteDeviceStore } from "../../devices/sqlite-device-store.ts";
import { hubOwner } from "../../row-owner.ts";
import { StateDatabase } from "../../state-database.ts";
import { SqliteTwinStore, TwinStatements } from "../../twins/sqlite-twin-store.ts";
import type { PlaceNumbers } from "../../twins/twin-numbers.ts";
import { TwinNumbers } from "../../twins/twin-numbers.ts";
import { QueryReader } from "../query-reader.ts";

const PLACE = { section: "reported", keys: ["level"] } as const;
const IDS = ["d0", "d1", "d2", "d3", "d4"];
const LEVELS: readonly JsonValue[] = [0, 1, 2, 3, -1, "1", true, { level: 1 }];
const CONDITIONS = ["= 1", "> 1", "<= 1", "> 0 AND properties.reported.level < 3", "IN [2, 3]"];

const anyStep = fc.oneof(
  fc.record({
    kind: fc.constantFrom("put" as const, "undone" as const),
    deviceId: fc.constantFrom(...IDS),
    level: fc.constantFrom(...LEVELS),
  }),
  fc.record({ kind: fc.constant("remove" as const), deviceId: fc.constantFrom(...IDS) }),
  fc.record({ kind: fc.constantFrom("begin" as const, "fill" as const, "finish" as const) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const directory = makeTemporaryDirectory();
const twins = new Map<string, Twin>();
const numbers = new TwinNumbers(DEFAULT_STORAGE_LIMITS);
let state: StateDatabase;
let twinStore: SqliteTwinStore;
let deviceStore: SqliteDeviceStore;
let reader: QueryReader;
let begun: PlaceNumbers | undefined;
let isFilled = false;

beforeAll(() => {
  const file = path.join(directory.path, "state.db");
  state = new StateDatabase(file);
  twinStore = new SqliteTwinStore(new TwinStatements(state, numbers), hubOwner(state, "hub"));
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
      begun ??= numbers.begin(PLACE, 1000);
      return;
    case "fill":
      if (begun === undefined) return;
      expect(reader.readNumbers({ ...budget(), numbers: begun })).toEqual({ kind: "done" });
      isFilled = true;
      return;
    case "finish":
      if (begun === undefined) return;
      if (isFilled) numbers.finish(begun);
      else numbers.abandon(begun);
      [begun, isFilled] = [undefined, false];
      return;
  }
}

function read(text: string): { ids: string[]; isHelped: boolean } {
  const request = { ...budget(), hub: "hub", numbers: numbers.all };
  const query = parseQuery(text);
  const page = reader.page({ ...request, query, after: undefined, limit: 100 });
  if (page.kind !== "done") throw new Error(JSON.stringify(page));
  const rows = JSON.parse(page.rows) as { deviceId: string }[];
  return { ids: rows.map(({ deviceId }) => deviceId).toSorted(), isHelped: page.used.length > 0 };
}

/** What the conditions above mean of a level. */
const MEANS: readonly ((level: number) => boolean)[] = [
  (level) => level === 1,
  (level) => level > 1,
  (level) => level <= 1,
  (level) => level > 0 && level < 3,
  (level) => level === 2 || level === 3,
];

test("numbers in memory are those of the twins, whatever happens while they are read", async () => {
  let helped = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 20 }), async (steps) => {
      for (const step of steps) {
        await take(step);
        for (const [index, condition] of CONDITIONS.entries()) {
          const text = `SELECT deviceId FROM devices WHERE properties.reported.level ${condition}`;
          const expected = [...twins.values()].filter(({ reported }) => {
            const { level } = reported.values;
            return typeof level === "number" && MEANS[index]!(level);
          });
          const { ids, isHelped } = read(text);
          expect(ids, text).toEqual(expected.map(({ key }) => key.deviceId).toSorted());
          if (isHelped) helped += 1;
        }
      }
      // Every run reads them anew.
      for (const known of numbers.all) numbers.abandon(known);
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(helped).toBeGreaterThan(0);
});
