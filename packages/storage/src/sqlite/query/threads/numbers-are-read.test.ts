import { createTwin, parseQuery } from "@larimar/domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { device } from "../../../contracts/device-store.contract.ts";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../../storage-limits.ts";
import { connect } from "../../database-files/connect.ts";
import { openStorage } from "../../open-storage.ts";
import { TwinNumbers } from "../../twins/twin-numbers.ts";
import { SqliteQueryStore } from "../sqlite-query-store.ts";
import { QueryPool } from "./query-pool.ts";

const directory = makeTemporaryDirectory();
const file = `${directory.path}/state.db`;
const high = parseQuery("SELECT deviceId FROM devices WHERE properties.reported.level > 27");
const page = { after: undefined, limit: 10 };

beforeAll(async () => {
  const storage = await openStorage({ directory: directory.path });
  const { devices, twins } = storage.forHub("hub");
  for (let level = 0; level < 30; level++) {
    const deviceId = `d${level}`;
    const twin = createTwin({ deviceId }, 0);
    await devices.put(device(deviceId, "e"), undefined);
    await twins.put({ ...twin, reported: { ...twin.reported, values: { level } } }, undefined);
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

const openNumbers = () => new TwinNumbers(DEFAULT_STORAGE_LIMITS);
const openPool = (numbers: TwinNumbers) =>
  new QueryPool({ file, limits: { ...DEFAULT_STORAGE_LIMITS, queryWorkersMax: 1 }, numbers });

test("what a query had to look for in all twins is in memory for the next one", async () => {
  const numbers = openNumbers();
  await using pool = openPool(numbers);
  const store = new SqliteQueryStore(pool, "hub");
  const found = [{ deviceId: "d28" }, { deviceId: "d29" }];
  expect((await store.page(high, page)).rows).toEqual(found);
  await expect.poll(() => numbers.all).toHaveLength(1);
  const [known] = numbers.all;
  expect(known?.place).toEqual({ section: "reported", keys: ["level"] });
  expect((await store.page(high, page)).rows).toEqual(found);
  // Only whoever looks there misses what is not there.
  known?.values.fill(Number.NaN);
  expect((await store.page(high, page)).rows).toEqual([]);
});

test("numbers are either known or nobody's when a storage closes while they are read", async () => {
  const numbers = openNumbers();
  const pool = openPool(numbers);
  await new SqliteQueryStore(pool, "hub").page(high, page);
  await pool[Symbol.asyncDispose]();
  const place = { section: "reported", keys: ["level"] } as const;
  const isKnown = numbers.all.length === 1;
  expect(numbers.begin(place, 30) === undefined).toBe(isKnown);
});
