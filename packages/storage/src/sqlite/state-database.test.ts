import path from "node:path";
import { expect, test } from "vitest";
import { makeTemporaryDirectory } from "../fixtures/temporary-directory.fixture.ts";
import { LogSync } from "./database-files/log-sync.ts";
import { StateDatabase } from "./state-database.ts";

const insert = (state: StateDatabase, hub: string) => () =>
  state.connection.prepare(`INSERT INTO hubs (hub, settings) VALUES ('${hub}', jsonb('{}'))`).run();
const hubsIn = (state: StateDatabase) =>
  state.connection.prepare<[], string>("SELECT hub FROM hubs ORDER BY hub").pluck().all();

/** A disk that confirms when it is told to. */
function createSync() {
  const asked: { confirm(): void; refuse(): void }[] = [];
  return {
    asked,
    sync: () =>
      new Promise<void>((resolve, reject) => {
        asked.push({ confirm: resolve, refuse: () => reject(new Error("EIO")) });
      }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function openWithSync(directory: string) {
  const sync = createSync();
  return { sync, state: new StateDatabase(path.join(directory, "state.db"), sync) };
}

test("a write is acknowledged when the disk has confirmed it, not when it can be seen", async () => {
  using directory = makeTemporaryDirectory();
  const { sync, state } = openWithSync(directory.path);
  let isAcknowledged = false;
  const written = state.write(insert(state, "a")).then(() => (isAcknowledged = true));
  await expect.poll(() => sync.asked.length).toBe(1);
  expect(hubsIn(state)).toEqual(["a"]);
  expect(isAcknowledged).toBe(false);
  sync.asked[0]!.confirm();
  await written;
  await state[Symbol.asyncDispose]();
});

test("writes of one turn of the event loop wait for one confirmation", async () => {
  using directory = makeTemporaryDirectory();
  const { sync, state } = openWithSync(directory.path);
  const written = ["a", "b", "c"].map((hub) => state.write(insert(state, hub)));
  await expect.poll(() => sync.asked.length).toBe(1);
  sync.asked[0]!.confirm();
  await Promise.all(written);
  expect(sync.asked).toHaveLength(1);
  await state[Symbol.asyncDispose]();
});

test("a write that fails takes back what it did, and nothing of the others", async () => {
  await using state = new StateDatabase(":memory:");
  const failing = state.write(() => {
    insert(state, "half")();
    throw new Error("second thoughts");
  });
  const written = [state.write(insert(state, "a")), failing, state.write(insert(state, "b"))];
  const outcomes = (await Promise.allSettled(written)).map(({ status }) => status);
  expect(outcomes).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await expect(failing).rejects.toThrow("second thoughts");
  expect(hubsIn(state)).toEqual(["a", "b"]);
});

test("a write that breaks a rule of the database is a storage error", async () => {
  await using state = new StateDatabase(":memory:");
  await state.write(insert(state, "a"));
  const written = state.write(insert(state, "a"));
  await expect(written).rejects.toMatchObject({ name: "StorageError", code: "failed" });
});

test("a full disk refuses what it has no room for, and keeps the rest", async () => {
  using directory = makeTemporaryDirectory();
  await using state = new StateDatabase(path.join(directory.path, "state.db"));
  const pages = state.connection.pragma("page_count", { simple: true }) as number;
  state.connection.pragma(`max_page_count = ${pages + 10}`);
  await state.write(insert(state, "a"));
  const large = state.write(() =>
    state.connection
      .prepare(
        "INSERT INTO hubs (hub, settings) VALUES ('large', jsonb_array(hex(zeroblob(500000))))",
      )
      .run(),
  );
  await expect(large).rejects.toMatchObject({ name: "StorageError", code: "full" });
  await state.write(insert(state, "b"));
  expect(hubsIn(state)).toEqual(["a", "b"]);
});

test("when the disk does not confirm, writers are told and no more is written", async () => {
  using directory = makeTemporaryDirectory();
  const { sync, state } = openWithSync(directory.path);
  const written = state.write(insert(state, "a"));
  await expect.poll(() => sync.asked.length).toBe(1);
  sync.asked[0]!.refuse();
  const failure = { name: "StorageError", code: "failed" };
  await expect(written).rejects.toMatchObject(failure);
  await expect(state.write(insert(state, "b"))).rejects.toMatchObject(failure);
  expect(hubsIn(state)).toEqual(["a"]);
  await state[Symbol.asyncDispose]();
});

test("closing waits for what was written", async () => {
  using directory = makeTemporaryDirectory();
  const file = path.join(directory.path, "state.db");
  const first = new StateDatabase(file);
  const written = first.write(insert(first, "a"));
  await first[Symbol.asyncDispose]();
  await written;
  await expect(first.write(insert(first, "b"))).rejects.toMatchObject({ code: "failed" });
  await using second = new StateDatabase(file);
  expect(hubsIn(second)).toEqual(["a"]);
});

test("a sync that is running does not count for what is committed meanwhile", async () => {
  using directory = makeTemporaryDirectory();
  const file = path.join(directory.path, "state.db");
  await using state = new StateDatabase(file);
  await using log = new LogSync(file);
  await state.write(insert(state, "a"));
  const order: string[] = [];
  const note = (name: string) => () => void order.push(name);
  const first = log.sync().then(note("first"));
  const later = [log.sync().then(note("second")), log.sync().then(note("third"))];
  await first;
  expect(order).toEqual(["first"]);
  await Promise.all(later);
  expect(order).toEqual(["first", "second", "third"]);
});
