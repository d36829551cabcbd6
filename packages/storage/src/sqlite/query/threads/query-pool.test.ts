import type { Storage } from "../../../storage.ts";
import type { Query } from "@larimar/domain";
import { createTwin, parseQuery } from "@larimar/domain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../../storage-limits.ts";
import { openStorage } from "../../open-storage.ts";
import { TwinMemory } from "../../twins/twin-memory.ts";
import { QueryPool } from "./query-pool.ts";
import { SqliteQueryStore } from "../sqlite-query-store.ts";
import { device } from "../../../contracts/device-store.contract.ts";

const directory = makeTemporaryDirectory();
let storage: Storage;

beforeAll(async () => {
  storage = await openStorage({ directory: directory.path });
  for (let index = 0; index < 30; index++) await add(`d${index}`);
});

afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

async function add(deviceId: string): Promise<void> {
  const { devices, twins } = storage.forHub("hub");
  await devices.put(device(deviceId, "e"), undefined);
  await twins.put(createTwin({ deviceId }, 0), undefined);
}

function openPool(limits: Partial<typeof DEFAULT_STORAGE_LIMITS>): QueryPool {
  return new QueryPool({
    file: `${directory.path}/state.db`,
    limits: { ...DEFAULT_STORAGE_LIMITS, ...limits },
    memory: new TwinMemory(DEFAULT_STORAGE_LIMITS),
  });
}

const all: Query = parseQuery("SELECT deviceId FROM devices");
const page = { after: undefined, limit: 10 };

describe("queries in threads of their own", () => {
  test("see a device as soon as it is stored, and go on behind devices that are gone", async () => {
    const { queries, devices } = storage.forHub("hub");
    const first = await queries.page(all, page);
    await devices.delete("d9", undefined);
    await devices.delete("d12", undefined);
    await add("late");
    const ids: unknown[] = first.rows.map(({ deviceId }) => deviceId);
    for (let after = first.after; after !== undefined;) {
      const next = await queries.page(all, { ...page, after });
      ids.push(...next.rows.map(({ deviceId }) => deviceId));
      after = next.after;
    }
    const expected = Array.from({ length: 30 }, (_, index) => `d${index}`);
    expect(ids).toEqual([...expected.filter((id) => id !== "d12"), "late"]);
  });

  test("beyond those that may wait are refused", async () => {
    await using pool = openPool({ queryWorkersMax: 1, queriesWaitingMax: 1 });
    const store = new SqliteQueryStore(pool, "hub");
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => store.page(all, page)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(outcomes[2]).toMatchObject({ reason: { code: "Busy" } });
    // Whoever comes later has a turn.
    expect((await store.page(all, page)).rows).toHaveLength(10);
  });

  test("that take too long end with that error", async () => {
    await using pool = openPool({ queryTimeMaxMs: -1 });
    const store = new SqliteQueryStore(pool, "hub");
    await expect(store.page(all, page)).rejects.toMatchObject({ code: "QueryTimeout" });
  });

  test("end when nobody wants them any more, waiting or running", async () => {
    await using pool = openPool({ queryWorkersMax: 1 });
    const store = new SqliteQueryStore(pool, "hub");
    const gone = new AbortController();
    const reason = new Error("the client is gone");
    const request = { ...page, signal: gone.signal };
    const outcomes = Promise.allSettled([store.page(all, request), store.page(all, request)]);
    gone.abort(reason);
    expect(await outcomes).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    await expect(store.page(all, request)).rejects.toBe(reason);
    expect((await store.page(all, page)).rows).toHaveLength(10);
  });

  test("go on in a fresh thread when one has as many statements as it may", async () => {
    await using pool = openPool({ queryWorkersMax: 1, queryStatementsMax: 1 });
    const store = new SqliteQueryStore(pool, "hub");
    for (let time = 0; time < 3; time++) {
      expect((await store.page(all, page)).rows).toHaveLength(10);
    }
  });

  test("put no more on a page than its characters allow, and at least one row", async () => {
    await using pool = openPool({ queryPageBytesMax: 45 });
    const store = new SqliteQueryStore(pool, "hub");
    const { rows, after } = await store.page(all, page);
    expect(rows).toHaveLength(2);
    const twins = parseQuery("SELECT * FROM devices");
    expect((await store.page(twins, { ...page, after })).rows).toHaveLength(1);
  });

  test("do not begin once the storage is closed", async () => {
    const pool = openPool({});
    await pool[Symbol.asyncDispose]();
    const store = new SqliteQueryStore(pool, "hub");
    await expect(store.page(all, page)).rejects.toMatchObject({ code: "failed" });
  });
});
