import type { HubSettings, HubSettingsStore, StoredHubSettings } from "@larimar/domain";
import { DEFAULT_FILE_UPLOAD_SETTINGS } from "@larimar/domain";
import { ManualClock } from "@larimar/testkit";
import { describe, expect, test } from "vitest";
import { NodeSecrets } from "../secrets/node-secrets.ts";
import type { SettleHubsRequest } from "./settle-hubs.ts";
import { settleHubs } from "./settle-hubs.ts";

class PaperStore implements HubSettingsStore {
  readonly hubs = new Map<string, StoredHubSettings>();
  writes = 0;

  async find(name: string): Promise<StoredHubSettings | undefined> {
    return this.hubs.get(name);
  }

  async put(settings: HubSettings, expectedEtag: string | undefined) {
    if (this.hubs.get(settings.name)?.etag !== expectedEtag) return "conflict";
    this.hubs.set(settings.name, settings);
    this.writes += 1;
    return "written";
  }

  async delete(name: string): Promise<void> {
    this.hubs.delete(name);
  }

  async list(): Promise<readonly StoredHubSettings[]> {
    return [...this.hubs.values()];
  }
}

function requestTo(store: HubSettingsStore, overrides: Partial<SettleHubsRequest> = {}) {
  return settleHubs({
    store,
    secrets: new NodeSecrets(),
    clock: new ManualClock(),
    wanted: undefined,
    hosts: ["localhost"],
    serverNames: [],
    partitionCount: 4,
    eventRetention: { ageMs: 1, bytesMax: 1 },
    fileStorage: undefined,
    ...overrides,
  });
}

const external = {
  kind: "external" as const,
  connectionString: "AccountName=a;AccountKey=a2V5",
  containerName: "files",
};

describe("the files of a hub", () => {
  test("have an account with keys of its own from the first start on", async () => {
    const store = new PaperStore();
    const [one, other] = await requestTo(store, { wanted: ["one", "other"] });
    expect(one?.fileUpload).toEqual(DEFAULT_FILE_UPLOAD_SETTINGS);
    const keys = [one!, other!].flatMap(({ blobAccountKeys }) =>
      Object.values<string>({ ...blobAccountKeys }),
    );
    expect(new Set(keys).size).toBe(4);
  });

  test("get one where a data directory was made before there were any, and keep it", async () => {
    const store = new PaperStore();
    const [made] = await requestTo(store);
    const { fileUpload: _, blobAccountKeys: __, ...old } = made!;
    store.hubs.set(old.name, old);
    const [upgraded] = await requestTo(store);
    expect(upgraded).toMatchObject({ name: old.name, policies: old.policies });
    expect(upgraded?.fileUpload).toEqual(DEFAULT_FILE_UPLOAD_SETTINGS);
    expect(store.hubs.get(old.name)).toEqual(upgraded);
    const { writes } = store;
    expect(await requestTo(store)).toEqual([upgraded]);
    expect(store.writes).toBe(writes);
  });

  test("go where the options of a start say, and stay there when they say nothing", async () => {
    const store = new PaperStore();
    const [made] = await requestTo(store);
    const [moved] = await requestTo(store, { fileStorage: external });
    expect(moved?.fileUpload.storage).toEqual(external);
    expect(moved?.blobAccountKeys).toEqual(made?.blobAccountKeys);
    const [stayed] = await requestTo(store);
    expect(stayed?.fileUpload.storage).toEqual(external);
    const { storage } = DEFAULT_FILE_UPLOAD_SETTINGS;
    const [back] = await requestTo(store, { fileStorage: storage });
    expect(back?.fileUpload.storage).toEqual(storage);
  });
});

test("settings that another program changed are left to it", async () => {
  const store = new PaperStore();
  await requestTo(store);
  store.put = async () => "conflict";
  await expect(requestTo(store, { fileStorage: external })).rejects.toMatchObject({
    name: "StartError",
    message: "The settings of hub 'local' were changed by another program.",
  });
});
