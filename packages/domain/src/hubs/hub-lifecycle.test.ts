import { describe, expect, test } from "vitest";
import {
  ManualClock,
  MemoryHubSettingsStore,
  createTestHub,
  testSecrets,
} from "../fixtures/index.fixture.ts";
import { createHubDirectory } from "./hub-directory.ts";
import type { HubLifecycleParts } from "./hub-lifecycle.ts";
import { HubLifecycle } from "./hub-lifecycle.ts";

function setUp(overrides: Partial<HubLifecycleParts> = {}) {
  const store = new MemoryHubSettingsStore();
  const directory = createHubDirectory([], { isStrict: false });
  const steps: string[] = [];
  const lifecycle = new HubLifecycle({
    store,
    directory,
    secrets: testSecrets,
    clock: new ManualClock(),
    hubsMax: 2,
    partitionCount: 4,
    eventRetention: { ageMs: 60_000, bytesMax: 1 },
    hostNamesOf: (name) => [`${name}.localhost`],
    open: async (settings) => {
      const { hub } = createTestHub({ settingsStore: store }, settings);
      return {
        ...hub,
        get settings() {
          return hub.settings;
        },
        async [Symbol.asyncDispose]() {
          steps.push("close");
          await hub[Symbol.asyncDispose]();
        },
      };
    },
    erase: async () => void steps.push(`erase, ${(await store.list()).length} stored`),
    unlink: async (name) => void steps.push(`unlink ${name}`),
    published: async () => void steps.push(`publish ${directory.list().length}`),
    ...overrides,
  });
  return { store, directory, lifecycle, steps };
}

describe("the hubs of a server", () => {
  test("are created with what was decided, everything else as hubs begin", async () => {
    const { lifecycle, store } = setUp();
    const hub = await lifecycle.create({
      name: "one",
      partitionCount: 2,
      decide: ({ consumerGroups }) => ({ consumerGroups: [...consumerGroups, "billing"] }),
    });
    expect(hub.settings).toMatchObject({
      name: "one",
      hostNames: ["one.localhost"],
      partitionCount: 2,
      consumerGroups: ["$Default", "billing"],
      isDeleted: false,
    });
    expect(await store.find("one")).toEqual(hub.settings);
  });

  test("are told to clients before whoever asked for them is answered", async () => {
    const { lifecycle, steps } = setUp();
    await lifecycle.create({ name: "one" });
    expect(steps).toEqual(["erase, 0 stored", "publish 1"]);
  });

  test("go step by step, their settings last", async () => {
    const { lifecycle, steps, store, directory } = setUp();
    await lifecycle.create({ name: "one" });
    steps.length = 0;
    await lifecycle.delete("ONE");
    expect(steps).toEqual(["close", "unlink one", "erase, 1 stored", "publish 0"]);
    expect(await store.list()).toEqual([]);
    expect(directory.list()).toEqual([]);
  });

  test("are no more than a server may have", async () => {
    const { lifecycle } = setUp();
    await lifecycle.create({ name: "one" });
    await lifecycle.create({ name: "two" });
    const third = lifecycle.create({ name: "three" });
    await expect(third).rejects.toMatchObject({ code: "TooManyHubs" });
    await lifecycle.delete("one");
    await expect(lifecycle.create({ name: "three" })).resolves.toBeDefined();
  });

  test("leave nothing when they cannot be opened", async () => {
    const open = async () => {
      throw new Error("no event log");
    };
    const { lifecycle, store, directory } = setUp({ open });
    await expect(lifecycle.create({ name: "one" })).rejects.toThrow("no event log");
    expect(await store.list()).toEqual([]);
    expect(directory.list()).toEqual([]);
  });

  test.each([
    ["bad settings", { decide: () => ({ consumerGroups: [] }) }],
    ["no partitions", { partitionCount: 0 }],
    ["too many partitions", { partitionCount: 129 }],
    ["half a partition", { partitionCount: 1.5 }],
  ])("are refused with %s before anything is stored", async (_, creation) => {
    const { lifecycle, store, steps } = setUp();
    const refused = lifecycle.create({ name: "one", ...creation });
    await expect(refused).rejects.toMatchObject({ code: "ArgumentInvalid" });
    expect(await store.list()).toEqual([]);
    expect(steps).toEqual([]);
  });

  test("can be created in the same breath as they are deleted", async () => {
    const { lifecycle, directory, store } = setUp();
    const first = await lifecycle.create({ name: "one" });
    const [, second] = await Promise.all([
      lifecycle.delete("one"),
      lifecycle.create({ name: "one" }),
    ]);
    expect(second).not.toBe(first);
    expect(directory.list()).toEqual([second]);
    const late = first.configuration.change({ consumerGroups: ["$Default", "late"] });
    await expect(late).rejects.toMatchObject({ code: "HubNotFound" });
    expect(await store.find("one")).toEqual(second.settings);
    expect(second.settings.consumerGroups).toEqual(["$Default"]);
  });
});
