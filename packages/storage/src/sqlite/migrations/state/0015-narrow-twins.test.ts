import path from "node:path";
import type { JsonObject } from "@larimar/domain";
import { createTwin } from "@larimar/domain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { device } from "../../../contracts/device-store.contract.ts";
import { makeTemporaryDirectory } from "../../../fixtures/temporary-directory.fixture.ts";
import { openDatabase } from "../../open-database.ts";
import { openStorage } from "../../open-storage.ts";
import { anyIdentity } from "../../query/random-twins.fixture.ts";
import { STATE_DATABASE } from "../../state-database.ts";

/** The last version in which twins and their metadata were one row. */
const BEFORE = { ...STATE_DATABASE, migrations: STATE_DATABASE.migrations.slice(0, 14) };

const twins = fc.sample(anyIdentity, { seed: 7, numRuns: 60 }).map(({ twin }, index) => {
  const { desired, reported } = createTwin({ deviceId: "" }, index * 1000);
  return {
    ...twin,
    // With a gap where one was deleted, and modules between devices.
    id: index < 30 ? index + 1 : index + 11,
    key: index % 3 === 2 ? { deviceId: `d${index - 1}`, moduleId: "m" } : { deviceId: `d${index}` },
    desired: { ...twin.desired, metadata: desired.metadata },
    reported: { ...twin.reported, metadata: reported.metadata },
  };
});

function fillOldDirectory(directory: string): void {
  const database = openDatabase(path.join(directory, "state.db"), BEFORE);
  const json = (value: unknown) => JSON.stringify(value);
  const insertDevice = database.prepare(
    "INSERT INTO devices (hub, device_id, identity) VALUES ('hub', ?, jsonb(?))",
  );
  const insertModule = database.prepare(
    "INSERT INTO modules (hub, device_id, module_id, identity) VALUES ('hub', ?, ?, jsonb(?))",
  );
  const insertTwin = database.prepare(
    `INSERT INTO twins (id, hub, device_id, module_id, version, etag, model_id, tags,
       desired, desired_metadata, desired_version, reported, reported_metadata, reported_version,
       configurations)
     VALUES (?, 'hub', ?, ?, ?, ?, ?, jsonb(?), jsonb(?), jsonb(?), ?, jsonb(?), jsonb(?), ?, jsonb(?))`,
  );
  for (const { id, key, desired, reported, ...twin } of twins) {
    const moduleId = "moduleId" in key ? key.moduleId : "";
    if (moduleId === "") insertDevice.run(key.deviceId, json(device(key.deviceId, "e")));
    else insertModule.run(key.deviceId, moduleId, json({ ...key, etag: "e" }));
    insertTwin.run(
      ...[id, key.deviceId, moduleId, twin.version, twin.etag, twin.modelId, json(twin.tags)],
      ...[json(desired.values), json(desired.metadata), desired.version],
      ...[json(reported.values), json(reported.metadata), reported.version],
      json(twin.configurations),
    );
  }
  database.close();
}

test("twins of a data directory of the version before are all there, whole, and can be changed", async () => {
  using directory = makeTemporaryDirectory();
  fillOldDirectory(directory.path);
  await using storage = await openStorage({ directory: directory.path });
  const stores = storage.forHub("hub");
  for (const { id: _, ...twin } of twins) {
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
  for (const { key } of twins) await stores.devices.delete(key.deviceId, undefined);
  await storage[Symbol.asyncDispose]();
  const database = openDatabase(path.join(directory.path, "state.db"), STATE_DATABASE);
  for (const table of ["devices", "modules", "twins", "twin_metadata"]) {
    expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
  }
  database.close();
});
