import path from "node:path";
import type { JsonObject, Twin } from "@larimar/domain";
import { NEVER_SEEN, evaluateQuery, isJsonObject, parseQuery, twinDocument } from "@larimar/domain";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../../fixtures/temporary-directory.fixture.ts";
import type { HubStores, Storage } from "../../storage.ts";
import { connect } from "../database-files/connect.ts";
import { openStorage } from "../open-storage.ts";
import { QueryReader } from "./query-reader.ts";
import { quote } from "./fixtures/random-queries.fixture.ts";
import { anyEqualityQuery, segment } from "./fixtures/random-twin-queries.fixture.ts";
import type { RandomIdentity } from "./fixtures/random-twins.fixture.ts";
import { anyIdentity } from "./fixtures/random-twins.fixture.ts";

/** Fewer than there are twins, so that they are changed, deleted and made anew again and again. */
const IDS = ["d0", "d1", "d2", "d3", "d4", "d5"];

const anyStep = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant("put"), fc.constantFrom(...IDS), anyIdentity) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("delete"), fc.constantFrom(...IDS), anyIdentity) },
);

const directory = makeTemporaryDirectory();
const kept = new Map<string, { identity: RandomIdentity; twin: Twin }>();
let storage: Storage;
let stores: HubStores;
let reader: QueryReader;

beforeAll(async () => {
  storage = await openStorage({ directory: directory.path });
  stores = storage.forHub("hub");
  reader = new QueryReader({
    file: path.join(directory.path, "state.db"),
    pageBytesMax: 1024 ** 2,
  });
});

afterAll(async () => {
  reader.close();
  await storage[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

async function put(deviceId: string, identity: RandomIdentity): Promise<void> {
  const before = kept.get(deviceId);
  // A device keeps what it is; its twin changes.
  const owner = before?.identity ?? identity;
  const version = (before?.twin.version ?? 1) + 1;
  const twin: Twin = { key: { deviceId }, ...identity.twin, version };
  if (before === undefined) await stores.devices.put({ deviceId, ...owner.device }, undefined);
  expect(await stores.twins.put(twin, before?.twin.version)).toBe("written");
  kept.set(deviceId, { identity: owner, twin });
}

async function remove(deviceId: string): Promise<void> {
  await stores.devices.delete(deviceId, undefined);
  kept.delete(deviceId);
}

function read(text: string): string[] {
  const cancelled = new Int32Array(new SharedArrayBuffer(4));
  const request = { cancelled, timeMaxMs: 60_000, columns: [] };
  const query = parseQuery(text);
  const page = reader.page({ ...request, hub: "hub", query, after: undefined, limit: 100 });
  if (page.kind !== "done") throw new Error(JSON.stringify(page));
  return idsOf(JSON.parse(page.rows) as JsonObject[]);
}

function expected(text: string): string[] {
  const documents = [...kept.values()].map(({ identity, twin }) =>
    twinDocument(twin, { ...identity.device, presence: NEVER_SEEN, commandCount: 0 }),
  );
  return idsOf(evaluateQuery(parseQuery(text), documents));
}

function idsOf(rows: readonly JsonObject[]): string[] {
  return rows
    .map(({ deviceId }) => deviceId as string)
    .toSorted((one, other) => (one < other ? -1 : 1));
}

/** For each of a twin's values, who has it there. */
function* questionsAbout({ tags, desired, reported }: Twin): Generator<string> {
  yield* questionsIn("tags", tags);
  yield* questionsIn("properties.desired", desired.values);
  yield* questionsIn("properties.reported", reported.values);
}

function* questionsIn(place: string, object: JsonObject): Generator<string> {
  for (const [key, value] of Object.entries(object)) {
    const path = `${place}${segment(key)}`;
    if (isJsonObject(value)) yield* questionsIn(path, value);
    else if (value !== null && !Array.isArray(value)) {
      const literal = typeof value === "string" ? quote(value) : JSON.stringify(value);
      yield `SELECT deviceId FROM devices WHERE ${path} = ${literal}`;
    }
  }
}

test("what is found by its values is what has them now, whatever it had before", async () => {
  const anyRound = fc.tuple(
    fc.array(anyStep, { maxLength: 5 }),
    fc.array(anyEqualityQuery, { minLength: 1, maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(anyRound, async ([steps, texts]) => {
      const questions = [...texts];
      for (const [kind, deviceId, identity] of steps) {
        const before = kept.get(deviceId);
        await (kind === "put" ? put(deviceId, identity) : remove(deviceId));
        const now = kept.get(deviceId);
        for (const each of [before, now]) if (each) questions.push(...questionsAbout(each.twin));
      }
      for (const text of questions) expect(read(text), text).toEqual(expected(text));
    }),
    { numRuns: 100, endOnFailure: true },
  );
  expect(kept.size).toBeGreaterThan(0);
});

test("leaves of twins go with them", async () => {
  for (const deviceId of IDS) await remove(deviceId);
  const database = connect(path.join(directory.path, "state.db"), { readonly: true });
  expect(database.prepare("SELECT count(*) FROM twin_leaves").pluck().get()).toBe(0);
  database.close();
});

test("a twin with very many values is found by any of them", async () => {
  const keys = Array.from({ length: 400 }, (_, index) => `k${index}`);
  const [identity] = fc.sample(anyIdentity, 1);
  const tags = Object.fromEntries(keys.map((key) => [key, `value of ${key}`]));
  await put("d0", { ...identity!, twin: { ...identity!.twin, tags } });
  const query = (key: string) =>
    read(`SELECT deviceId FROM devices WHERE tags.${key} = 'value of ${key}'`);
  for (const key of keys) expect(query(key)).toEqual(["d0"]);
  expect(query("k400")).toEqual([]);
  await put("d0", { ...identity!, twin: { ...identity!.twin, tags: { k1: "value of k1" } } });
  expect([query("k0"), query("k1")]).toEqual([[], ["d0"]]);
});

test("texts and paths too long for the index are found all the same", async () => {
  const [identity] = fc.sample(anyIdentity, 1);
  const long = "x".repeat(1000);
  const deep = Array.from({ length: 11 }, () => "a");
  const nested = deep.reduceRight<JsonObject>((inner, key) => ({ [key]: inner }), { b: "deep" });
  await put("d1", { ...identity!, twin: { ...identity!.twin, tags: { long, ...nested } } });
  const select = "SELECT deviceId FROM devices WHERE";
  expect(read(`${select} tags.long = '${long}'`)).toEqual(["d1"]);
  expect(read(`${select} tags.long = '${long}x'`)).toEqual([]);
  expect(read(`${select} tags.${deep.join(".")}.b = 'deep'`)).toEqual(["d1"]);
});
