import path from "node:path";
import type { JsonObject, JsonValue } from "@larimar/domain";
import { NEVER_SEEN, evaluateQuery, isGrouped, parseQuery, twinDocument } from "@larimar/domain";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../../fixtures/temporary-directory.fixture.ts";
import type { HubStores } from "../../storage.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../storage-limits.ts";
import { connect } from "../database-files/connect.ts";
import { openStorage } from "../open-storage.ts";
import type { MemoryKey } from "../twins/memory-column.ts";
import { TwinMemory } from "../twins/twin-memory.ts";
import { QueryReader } from "./query-reader.ts";
import { TYPE_NAMES } from "./fixtures/random-queries.fixture.ts";
import {
  TWIN_FIELDS,
  anyGroupedQuery,
  anyNumberQuery,
  anyPlainQuery,
  anyTextQuery,
} from "./fixtures/random-twin-queries.fixture.ts";
import type { RandomIdentity } from "./fixtures/random-twins.fixture.ts";
import { KEYS, anyIdentity } from "./fixtures/random-twins.fixture.ts";

describe.each([
  { place: "a server with other hubs, too", hasOthers: true },
  { place: "a hub that is alone, with gaps between its ids", hasOthers: false },
  {
    place: "a large hub, where pages begin with rows and go on with ids",
    hasOthers: true,
    limits: { idsFew: 2, rowsBeforeIds: 40, idsMin: 100, idsMax: 100 },
  },
  {
    place: "a hub whose twins have their values in memory",
    hasOthers: true,
    hasMemory: true,
    limits: { idsFew: 2, rowsBeforeIds: 40, idsMin: 100, idsMax: 200 },
  },
])("in $place", ({ hasOthers, hasMemory = false, limits }) => {
  const memory = new TwinMemory(DEFAULT_STORAGE_LIMITS);
  const directory = makeTemporaryDirectory();
  const documents: { devices: JsonObject[]; modules: JsonObject[] } = { devices: [], modules: [] };
  let reader: QueryReader;
  const helped = { numbers: 0, texts: 0 };

  beforeAll(async () => {
    const storage = await openStorage({ directory: directory.path });
    const identities = fc.sample(anyIdentity, { seed: 42, numRuns: 300 });
    for (const [index, identity] of identities.entries()) {
      await store(storage.forHub("hub"), `d${index}`, identity);
      // What another hub has is never found.
      if (hasOthers && index % 10 === 0)
        await store(storage.forHub("other"), `o${index}`, identity, false);
    }
    await storage[Symbol.asyncDispose]();
    const file = path.join(directory.path, "state.db");
    if (!hasOthers) spread(file);
    reader = new QueryReader({ file, pageBytesMax: 1024 ** 2 }, limits);
    for (const key of hasMemory ? someKeys() : []) {
      const begun = memory.begin(key, 1000)!;
      reader.fillMemory({ ...budget(), column: begun });
      memory.finish(begun);
    }
  });

  afterAll(() => {
    reader.close();
    directory[Symbol.dispose]();
  });

  async function store(
    stores: HubStores,
    deviceId: string,
    identity: RandomIdentity,
    isExpected = true,
  ): Promise<void> {
    const device = { deviceId, ...identity.device };
    const presence = identity.presence ?? NEVER_SEEN;
    const twin = { key: { deviceId }, ...identity.twin };
    await stores.devices.put(device, undefined);
    await stores.twins.put(twin, undefined);
    if (identity.presence) await stores.presence.save([{ key: { deviceId }, presence }]);
    if (isExpected) {
      documents.devices.push(twinDocument(twin, { ...device, presence, commandCount: 0 }));
    }
    if (identity.module === undefined) return;
    const key = { deviceId, moduleId: "m" };
    const authentication = { type: "none" } as const;
    const module = { ...key, generationId: "1", etag: "em", authentication, managedBy: undefined };
    const moduleTwin = { key, ...identity.module };
    await stores.modules.put(module, undefined);
    await stores.twins.put(moduleTwin, undefined);
    if (!isExpected) return;
    const owner = { ...device, etag: module.etag, authentication, capabilities: undefined };
    documents.modules.push(
      twinDocument(moduleTwin, { ...owner, presence: NEVER_SEEN, commandCount: 0 }),
    );
  }

  const budget = () => ({
    cancelled: new Int32Array(new SharedArrayBuffer(4)),
    timeMaxMs: 60_000,
  });

  /** Page by page, as clients read. */
  function read(text: string, limit: number): JsonObject[] {
    const query = parseQuery(text);
    if (isGrouped(query))
      return rowsOf(reader.groups({ ...budget(), hub: "hub", columns: memory.columns, query }));
    const rows: JsonObject[] = [];
    let after: string | undefined;
    do {
      const request = { ...budget(), hub: "hub", columns: memory.columns };
      const page = reader.page({ ...request, query, after, limit });
      if (page.kind === "done") for (const { kind } of page.used) helped[kind] += 1;
      const found = rowsOf(page);
      expect(found.length > 0 || after === undefined).toBe(true);
      rows.push(...found);
      after = page.kind === "done" ? page.after : undefined;
    } while (after !== undefined);
    return rows;
  }

  function rowsOf(reply: ReturnType<QueryReader["groups"]>): JsonObject[] {
    if (reply.kind !== "done") throw new Error(JSON.stringify(reply));
    return JSON.parse(reply.rows) as JsonObject[];
  }

  function expected(text: string): JsonObject[] {
    const query = parseQuery(text);
    const some = query.collection === "devices" ? documents.devices : documents.modules;
    return JSON.parse(JSON.stringify(evaluateQuery(query, some))) as JsonObject[];
  }

  test.each(TWIN_FIELDS)("the store knows what %s is", (field) => {
    for (const type of TYPE_NAMES) {
      const text = `SELECT deviceId FROM devices WHERE IS_${type}(${field})`;
      expect(read(text, 100), text).toEqual(expected(text));
    }
  });

  test("an empty text ends with nothing but an empty text", () => {
    const ends = (end: string) => `ENDSWITH(tags.[[__proto__]], '${end}')`;
    for (const condition of [ends("a"), `NOT ${ends("a")}`, ends(""), `NOT ${ends("")}`]) {
      const text = `SELECT deviceId FROM devices WHERE tags.[[__proto__]] = '' AND ${condition}`;
      expect(read(text, 100), text).toEqual(expected(text));
    }
    expect(expected("SELECT deviceId FROM devices WHERE tags.[[__proto__]] = ''")).not.toEqual([]);
  });

  test("the store finds what the language means", () => {
    fc.assert(
      fc.property(anyPlainQuery, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        expect(read(text, limit)).toEqual(expected(text));
      }),
      { numRuns: 300 },
    );
  });

  test("the store finds numbers", () => {
    fc.assert(
      fc.property(anyNumberQuery, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        expect(read(text, limit)).toEqual(expected(text));
      }),
      { numRuns: 300 },
    );
    expect(helped.numbers > 0).toBe(hasMemory);
  });

  test("the store finds parts of texts", () => {
    fc.assert(
      fc.property(anyTextQuery, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        expect(read(text, limit), text).toEqual(expected(text));
      }),
      { numRuns: 300 },
    );
    expect(helped.texts > 0).toBe(hasMemory);
  });

  test("the store groups as the language means", () => {
    fc.assert(
      fc.property(anyGroupedQuery, (text) => {
        expect(sorted(read(text, 1))).toEqual(sorted(expected(text)));
      }),
      { numRuns: 200 },
    );
  });
});

/** All that queries ask about down to the second key. */
function someKeys(): MemoryKey[] {
  const places = (["tags", "desired", "reported"] as const).flatMap((section) =>
    KEYS.flatMap((one) => [
      { section, keys: [one] },
      ...KEYS.map((other) => ({ section, keys: [one, other] })),
    ]),
  );
  return places.flatMap((place) => [
    { kind: "numbers", place },
    { kind: "texts", place },
  ]);
}

/** What many deletions leave: more ids than one statement goes through. */
function spread(file: string): void {
  const database = connect(file);
  for (const table of ["twins", "twin_metadata", "twin_leaves", "devices"]) {
    database.exec(`UPDATE ${table} SET id = -37 * id; UPDATE ${table} SET id = -id`);
  }
  database.close();
}

/** Groups come in no order, and sums depend on theirs in their last digits. */
function sorted(rows: readonly JsonObject[]): string[] {
  const round = (_: string, value: JsonValue): JsonValue =>
    typeof value === "number" ? Number(value.toPrecision(8)) : value;
  return rows.map((row) => JSON.stringify(row, round)).toSorted();
}
