import path from "node:path";
import type { JsonObject } from "@larimar/domain";
import { expect, test } from "vitest";
import { fillOldDirectory, oldTwins } from "../../../fixtures/old-directory.fixture.ts";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { openDatabase } from "../../database-files/open-database.ts";
import { openStorage } from "../../open-storage.ts";
import { STATE_DATABASE } from "../../state-database.ts";

test("twins of a data directory of the version before are all there, whole, and can be changed", async () => {
  using directory = makeTemporaryDirectory();
  fillOldDirectory(directory.path);
  await using storage = await openStorage({ directory: directory.path });
  const stores = storage.forHub("hub");
  for (const { id: _, ...twin } of oldTwins) {
    expect(await stores.twins.find(twin.key)).toEqual(twin);
    const tags: JsonObject = { ...twin.tags, changed: "since" };
    const next = { ...twin, tags, version: twin.version + 1 };
    expect(await stores.twins.put(next, twin.version)).toBe("written");
    expect(await stores.twins.find(twin.key)).toEqual(next);
  }
});

test("belongings of identities of the version before go with them", async () => {
  using directory = makeTemporaryDirectory();
  fillOldDirectory(directory.path);
  const storage = await openStorage({ directory: directory.path });
  const stores = storage.forHub("hub");
  for (const { key } of oldTwins) await stores.devices.delete(key.deviceId, undefined);
  await storage[Symbol.asyncDispose]();
  const database = openDatabase(path.join(directory.path, "state.db"), STATE_DATABASE);
  for (const table of ["devices", "modules", "twins", "twin_metadata", "twin_leaves"]) {
    expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
  }
  database.close();
});

test("they have the leaves of twins that were written since", async () => {
  using old = makeTemporaryDirectory();
  using fresh = makeTemporaryDirectory();
  fillOldDirectory(old.path);
  await (await openStorage({ directory: old.path }))[Symbol.asyncDispose]();
  const storage = await openStorage({ directory: fresh.path });
  for (const { id: _, ...twin } of oldTwins) {
    await storage.forHub("hub").twins.put(twin, undefined);
  }
  await storage[Symbol.asyncDispose]();
  const migrated = leavesIn(old.path);
  expect(migrated.length).toBeGreaterThan(30);
  expect(migrated).toEqual(leavesIn(fresh.path));
});

/** With whom has them, whatever their ids are. */
function leavesIn(directory: string): unknown[] {
  const database = openDatabase(path.join(directory, "state.db"), STATE_DATABASE);
  const leaves = database
    .prepare(
      `SELECT device_id, module_id, leaf, leaf IN (SELECT value FROM json_each(x.leaves)) AS known
       FROM twin_leaves AS l JOIN twins AS t ON t.id = l.id JOIN twin_metadata AS x ON x.id = l.id
       ORDER BY 1, 2, 3`,
    )
    .all();
  database.close();
  return leaves;
}
