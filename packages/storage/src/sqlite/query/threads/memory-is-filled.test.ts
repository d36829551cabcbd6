import { createTwin, parseQuery } from "@larimar/domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { device } from "../../../contracts/device-store.contract.ts";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../../storage-limits.ts";
import { connect } from "../../database-files/connect.ts";
import { openStorage } from "../../open-storage.ts";
import { TwinMemory } from "../../twins/twin-memory.ts";
import { SqliteQueryStore } from "../sqlite-query-store.ts";
import { QueryPool } from "./query-pool.ts";

const directory = makeTemporaryDirectory();
const file = `${directory.path}/state.db`;
const where = (condition: string) => parseQuery(`SELECT deviceId FROM devices WHERE ${condition}`);
const high = where("properties.reported.level > 27");
const page = { after: undefined, limit: 10 };

beforeAll(async () => {
  const storage = await openStorage({ directory: directory.path });
  const { devices, twins } = storage.forHub("hub");
  for (let level = 0; level < 30; level++) {
    const deviceId = `d${level}`;
    const twin = createTwin({ deviceId }, 0);
    await devices.put(device(deviceId, "e"), undefined);
    const values = { level, state: level > 27 ? "level is high" : "level is low" };
    await twins.put({ ...twin, reported: { ...twin.reported, values } }, undefined);
  }
  await storage[Symbol.asyncDispose]();
  // As in a fleet so large that it is not gone through at once.
  const database = connect(file);
  for (const table of ["twins", "twin_metadata", "twin_leaves", "devices"]) {
    database.exec(`UPDATE ${table} SET id = id + 20000`);
  }
  database.close();
});

afterAll(() => directory[Symbol.dispose]());

const openMemory = () => new TwinMemory(DEFAULT_STORAGE_LIMITS);
const openPool = (memory: TwinMemory) =>
  new QueryPool({ file, limits: { ...DEFAULT_STORAGE_LIMITS, queryWorkersMax: 1 }, memory });

test.each([
  { kind: "numbers", key: "level", query: high },
  { kind: "texts", key: "state", query: where("CONTAINS(properties.reported.state, 's hi')") },
])(
  "what a query had to look for in all twins is in memory for the next one: $kind",
  async ({ kind, key, query }) => {
    const memory = openMemory();
    await using pool = openPool(memory);
    const store = new SqliteQueryStore(pool, "hub");
    const found = [{ deviceId: "d28" }, { deviceId: "d29" }];
    expect((await store.page(query, page)).rows).toEqual(found);
    await expect.poll(() => memory.columns).toHaveLength(1);
    const [known] = memory.columns;
    expect(known).toMatchObject({ kind, place: { section: "reported", keys: [key] } });
    expect((await store.page(query, page)).rows).toEqual(found);
    // Only whoever looks there misses what is not there.
    known?.values.fill(kind === "numbers" ? Number.NaN : 0);
    expect((await store.page(query, page)).rows).toEqual([]);
  },
);

test("columns are either known or nobody's when a storage closes while they are filled", async () => {
  const memory = openMemory();
  const pool = openPool(memory);
  await new SqliteQueryStore(pool, "hub").page(high, page);
  await pool[Symbol.asyncDispose]();
  const key = { kind: "numbers", place: { section: "reported", keys: ["level"] } } as const;
  const isKnown = memory.columns.length === 1;
  expect(memory.begin(key, 30) === undefined).toBe(isKnown);
});
