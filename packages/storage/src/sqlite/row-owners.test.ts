import { readdirSync } from "node:fs";
import path from "node:path";
import { createTwin } from "@larimar/domain";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { address, newBlob, received } from "../contracts/blob-store.contract.ts";
import { configuration } from "../contracts/configuration-store.contract.ts";
import { claim } from "../contracts/content-claim-store.contract.ts";
import { device } from "../contracts/device-store.contract.ts";
import { job } from "../contracts/job-store.contract.ts";
import { module } from "../contracts/module-store.contract.ts";
import { transfer } from "../contracts/transfer-store.contract.ts";
import {
  caCertificate,
  group,
  individual,
  registration,
} from "../fixtures/provisioning-rows.fixture.ts";
import { appendOf } from "../fixtures/records.fixture.ts";
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from "../fixtures/temporary-directory.fixture.ts";
import type { ProvisioningStores } from "../provisioning-storage.ts";
import type { HubStores, Storage } from "../storage.ts";
import { connect } from "./database-files/connect.ts";
import { openStorage } from "./open-storage.ts";
import { STATE_DATABASE } from "./state-database.ts";

type Write<Stores> = (stores: Stores, n: number) => Promise<unknown>;
type WritesOf<Stores> = { readonly [Name in keyof Stores]: readonly Write<Stores>[] };

const key = { deviceId: "d1" };
const inTime = { nowMs: 0, expiresAtMs: 100 };
const properties = { system: {}, application: new Map(), sizeBytes: 0 };
const presence = { isConnected: true, connectionStateUpdatedAtMs: 1, lastActivityAtMs: 1 };
const noMetadata = new Map<string, string>();

/** Everything that makes rows, each time others. Devices come first: presence is theirs. */
const HUB_WRITES: WritesOf<HubStores> = {
  devices: [({ devices }, n) => devices.put(device(`d${n}`, "a"), undefined)],
  modules: [({ modules }, n) => modules.put(module(`m${n}`, "a"), undefined)],
  twins: [({ twins }, n) => twins.put(createTwin({ deviceId: `d${n}` }, 0), undefined)],
  presence: [({ presence: store }, n) => store.save([{ key: { deviceId: `d${n}` }, presence }])],
  subscriptions: [
    ({ subscriptions }, n) => subscriptions.put({ deviceId: `d${n}` }, [{ filter: "#", qos: 1 }]),
  ],
  queries: [],
  commands: [
    ({ commands }) => {
      const message = { body: Buffer.from("x"), properties };
      const command = { key, message, ack: "none", enqueuedAtMs: 0, expiresAtMs: 100 } as const;
      return commands.enqueue(command, Infinity);
    },
  ],
  feedback: [({ feedback }) => feedback.add([{} as never], inTime)],
  fileNotifications: [({ fileNotifications }) => fileNotifications.add([{} as never], inTime)],
  pendingUploads: [
    ({ pendingUploads }, n) => {
      const upload = { key, correlationId: `c${n}`, blobName: "b", startedAtMs: 0 };
      return pendingUploads.add({ ...upload, expiresAtMs: 100 }, { activeMax: Infinity, nowMs: 0 });
    },
  ],
  blobs: [
    async ({ blobs }, n) => {
      await using content = await received(blobs, "x");
      await blobs.put(newBlob({ address: address(`b${n}`) }), content, "anything", "given");
    },
    async ({ blobs }, n) => {
      await using content = await received(blobs, "x");
      const block = { blockId: "YQ==", content, stagedAtMs: 0, blocksMax: 9 };
      await blobs.stageBlock(address(`s${n}`), block, "given");
    },
    ({ blobs }, n) =>
      blobs.commitBlocks(newBlob({ address: address(`e${n}`) }), [], "anything", "given"),
    ({ blobs }, n) => {
      const container = { containerName: `c${n}`, etag: "0x1", createdAtMs: 0 };
      return blobs.createContainer({ ...container, metadata: noMetadata }, Infinity);
    },
  ],
  caCertificates: [
    ({ caCertificates }, n) => caCertificates.put(caCertificate(`ca${n}`, "a"), undefined),
  ],
  meter: [({ meter }, n) => meter.save({ day: n, charged: 1 })],
  jobs: [({ jobs }, n) => jobs.add(job(`j${n}`))],
  deviceJobs: [({ deviceJobs }, n) => deviceJobs.add(job(`j${n}`), [key], 0)],
  configurations: [
    ({ configurations }, n) => configurations.put(configuration(`c${n}`, "a"), undefined),
  ],
  contentClaims: [
    ({ contentClaims }, n) => contentClaims.take(claim("a", { deviceId: `d${n}` }), 0),
  ],
  transfers: [({ transfers }, n) => transfers.put(transfer(`t${n}`))],
};

const SERVICE_WRITES: WritesOf<ProvisioningStores> = {
  individuals: [({ individuals }, n) => individuals.put(individual(`i${n}`, "a"), undefined)],
  groups: [({ groups }, n) => groups.put(group(`g${n}`, "a"), undefined)],
  registrations: [
    ({ registrations }, n) => registrations.put(registration(`r${n}`, "a"), undefined),
  ],
  certificates: [
    ({ certificates }, n) => certificates.put(caCertificate(`ca${n}`, "a"), undefined),
  ],
};

function allOf<Stores>(writes: WritesOf<Stores>): readonly Write<Stores>[] {
  return Object.values<readonly Write<Stores>[]>(writes).flat();
}

let temporary: TemporaryDirectory;
let storage: Storage;

beforeEach(async () => {
  temporary = makeTemporaryDirectory();
  storage = await openStorage({ directory: temporary.path });
  return async () => {
    await storage[Symbol.asyncDispose]();
    temporary[Symbol.dispose]();
  };
});

/** How many rows there are of an owner, in the tables that have any; of all tables that know owners. */
function rowsOf(owner: string, kind: "hub" | "service"): { tables: string[]; filled: string[] } {
  const database = connect(path.join(temporary.path, STATE_DATABASE.fileName), { readonly: true });
  onTestFinished(() => void database.close());
  const tables = database
    .prepare<[], { name: string; column: "hub" | "service" }>(
      `SELECT s.name, c.name AS column FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
       WHERE s.type = 'table' AND c.name IN ('hub', 'service')
         AND s.name NOT IN ('hubs', 'provisioning_services')`,
    )
    .all()
    .filter(({ name, column }) => (name.startsWith("hub_") ? "hub" : column) === kind);
  const filled = tables.filter(
    ({ name, column }) =>
      database.prepare(`SELECT 1 FROM ${name} WHERE ${column} = ?`).get(owner) !== undefined,
  );
  return {
    tables: tables.map(({ name }) => name).toSorted(),
    filled: filled.map(({ name }) => name).toSorted(),
  };
}

const blobFiles = () => readdirSync(path.join(temporary.path, "blobs"));

describe("a hub that is erased", () => {
  test("gets no more rows, whatever writes them, and no more files", async () => {
    const stores = storage.forHub("Goes");
    for (const write of allOf(HUB_WRITES)) await write(stores, 1);
    const { tables, filled } = rowsOf("goes", "hub");
    // A table that came later needs its write above.
    expect(filled).toEqual(tables);
    await storage.eraseHub("goes");
    for (const write of allOf(HUB_WRITES)) {
      await expect(write(stores, 2), write.toString()).rejects.toMatchObject({
        name: "HubError",
        code: "HubNotFound",
      });
    }
    expect(rowsOf("goes", "hub").filled).toEqual([]);
    expect(blobFiles()).toEqual([]);
  });

  test("gets no rows from calls that go on while it is erased", async () => {
    const stores = storage.forHub("goes");
    for (let n = 0; n < 250; n++) void HUB_WRITES.devices[0]!(stores, n);
    const erased = new AbortController();
    const goingOn = allOf(HUB_WRITES).map(async (write) => {
      for (let n = 1000; !erased.signal.aborted; n++) await write(stores, n);
      await write(stores, 999);
    });
    const refused = Promise.allSettled(goingOn);
    await new Promise(setImmediate);
    await storage.eraseHub("goes");
    erased.abort();
    for (const outcome of await refused) {
      expect(outcome).toMatchObject({ reason: { code: "HubNotFound" } });
    }
    expect(rowsOf("goes", "hub").filled).toEqual([]);
    expect(blobFiles()).toEqual([]);
  });

  test("writes nothing into another one of its name, which begins anew", async () => {
    const old = storage.forHub("name");
    await storage.eraseHub("name");
    const anew = storage.forHub("Name");
    await anew.devices.put(device("d1", "new"), undefined);
    await expect(old.devices.put(device("d2", "old"), undefined)).rejects.toMatchObject({
      code: "HubNotFound",
    });
    await expect(old.devices.delete("d1", undefined)).rejects.toMatchObject({
      code: "HubNotFound",
    });
    expect(await anew.devices.list({ limit: 9 })).toEqual([device("d1", "new")]);
  });

  test("takes no events", async () => {
    const settings = { name: "goes", partitionCount: 1 };
    const log = await storage.openEventLog({
      ...settings,
      eventRetention: { ageMs: 1e9, bytesMax: 1e9 },
    });
    await storage.eraseHub("goes");
    await expect(log.append(appendOf(0, ["late"]))).rejects.toMatchObject({ code: "HubNotFound" });
  });

  test("leaves all others as they are", async () => {
    const [goes, stays] = [storage.forHub("goes"), storage.forHub("stays")];
    await goes.devices.put(device("d1", "a"), undefined);
    await storage.eraseHub("goes");
    for (const write of allOf(HUB_WRITES)) await write(stays, 1);
    expect(await stays.devices.find("d1")).toEqual(device("d1", "a"));
  });
});

test("a provisioning service that is erased gets no more rows, whatever writes them", async () => {
  const stores = storage.provisioning.forService("Goes");
  for (const write of allOf(SERVICE_WRITES)) await write(stores, 1);
  const { tables, filled } = rowsOf("goes", "service");
  expect(filled).toEqual(tables);
  await storage.provisioning.eraseService("goes");
  for (const write of allOf(SERVICE_WRITES)) {
    await expect(write(stores, 2), write.toString()).rejects.toMatchObject({
      name: "ProvisioningError",
      code: "ServiceNotFound",
    });
  }
  expect(rowsOf("goes", "service").filled).toEqual([]);
  const anew = storage.provisioning.forService("goes");
  for (const write of allOf(SERVICE_WRITES)) await write(anew, 1);
});
