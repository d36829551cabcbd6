import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  MemoryHubSettingsStore,
  createTestHub,
  testSecrets,
  testSettings,
} from "../fixtures/index.fixture.ts";
import type { HubSettingsChange } from "./hub-configuration.ts";

const withGroups = (...consumerGroups: string[]) => ({
  consumerGroups: ["$Default", ...consumerGroups],
});

function hubWithStore() {
  const settings = testSettings();
  const settingsStore = new MemoryHubSettingsStore([settings]);
  return { settingsStore, ...createTestHub({ settingsStore }, settings) };
}

describe("settings of a hub", () => {
  test("are stored and in use once they have changed", async () => {
    const { hub, settingsStore } = hubWithStore();
    const before = hub.settings;
    const after = await hub.configuration.change(withGroups("billing"));
    expect(hub.settings).toBe(after);
    expect(after).toEqual({ ...before, ...withGroups("billing"), etag: after.etag });
    expect(after.etag).not.toBe(before.etag);
    expect(await settingsStore.find("local")).toEqual(after);
    const onDisplaced = () => {};
    const request = { partitionId: "0", start: { kind: "latest" }, onDisplaced } as const;
    using _reader = await hub.events.openReader({ consumerGroup: "Billing", ...request });
  });

  test("are told to those who listen, in order, until they stop listening", async () => {
    const { hub } = hubWithStore();
    const heard: string[] = [];
    const listening = hub.configuration.observe((now, before) => {
      heard.push(`${before.consumerGroups.length} to ${now.consumerGroups.length}`);
    });
    await Promise.all([
      hub.configuration.change((now) => ({ consumerGroups: [...now.consumerGroups, "one"] })),
      hub.configuration.change((now) => ({ consumerGroups: [...now.consumerGroups, "two"] })),
    ]);
    listening[Symbol.dispose]();
    await hub.configuration.change(withGroups());
    expect(heard).toEqual(["1 to 2", "2 to 3"]);
  });

  test("see what another program wrote meanwhile, and lose nothing of it", async () => {
    const { hub, settingsStore } = hubWithStore();
    const other = { ...hub.settings, etag: "theirs", hostNames: ["elsewhere"] };
    await settingsStore.put(other, hub.settings.etag);
    await hub.configuration.change(withGroups("mine"));
    expect(hub.settings).toMatchObject({ hostNames: ["elsewhere"], ...withGroups("mine") });
  });

  test("stay as they are when somebody else was faster", async () => {
    const { hub } = hubWithStore();
    const { etag } = hub.settings;
    const first = await hub.configuration.change(withGroups("first"), { etag });
    const second = hub.configuration.change(withGroups("second"), { etag });
    await expect(second).rejects.toMatchObject({ code: "PreconditionFailed" });
    expect(hub.settings).toBe(first);
  });

  test("cannot be changed any more once the hub is deleted", async () => {
    const { hub, settingsStore } = hubWithStore();
    await settingsStore.delete("local");
    const change = hub.configuration.change(withGroups("late"));
    await expect(change).rejects.toMatchObject({ code: "HubNotFound" });
  });

  const policy = { name: "p", primaryKey: "", secondaryKey: "", rights: [] };
  test.each<[string, (current: ReturnType<typeof testSettings>) => HubSettingsChange]>([
    ["without the default consumer group", () => ({ consumerGroups: ["one"] })],
    ["with a consumer group twice", () => withGroups("one", "ONE")],
    ["with a consumer group that is no name", () => withGroups("-one")],
    [
      "with too many consumer groups",
      () => withGroups(...Array.from({ length: 50 }, (_, n) => `g${n}`)),
    ],
    ["with a policy twice", ({ policies }) => ({ policies: [...policies, policies[0]!] })],
    [
      "with a policy without rights",
      ({ policies }) => ({ policies: [{ ...policies[0]!, rights: [] }] }),
    ],
    [
      "with a policy without keys",
      () => ({ policies: [{ ...policy, rights: ["DeviceConnect"] }] }),
    ],
    ["that keep nothing", () => ({ eventRetention: { ageMs: 0, bytesMax: 1 } })],
    [
      "with commands for ever",
      ({ commands }) => ({ commands: { ...commands, deliveryCountMax: 101 } }),
    ],
    [
      "with a route to nowhere",
      ({ routing }) => ({
        routing: {
          ...routing,
          routes: [{ ...routing.fallbackRoute, name: "r", endpointNames: ["nowhere"] }],
        },
      }),
    ],
  ])("%s are refused, and nothing changes", async (_, change) => {
    const { hub, settingsStore } = hubWithStore();
    const before = hub.settings;
    const refused = hub.configuration.change(change);
    await expect(refused).rejects.toMatchObject({ code: "ArgumentInvalid" });
    expect(hub.settings).toBe(before);
    expect(await settingsStore.find("local")).toEqual(before);
  });

  test("decide at once which keys open what", async () => {
    const { hub, clock } = hubWithStore();
    const [owner] = hub.settings.policies;
    const rawExpiry = String(clock.now() / 1000 + 3600);
    const token = {
      rawResource: "localhost",
      rawExpiry,
      expiresAtMs: Number(rawExpiry) * 1000,
      signature: createHmac("sha256", Buffer.from(owner!.primaryKey, "base64"))
        .update(`localhost\n${rawExpiry}`)
        .digest("base64"),
      policyName: owner!.name,
      resourceReadings: [["localhost"]],
    };
    const authorize = () => hub.access.authorize({ token, right: "ServiceConnect", resource: [] });
    expect(authorize()).toMatchObject({ policyName: owner!.name });
    await hub.configuration.change({
      policies: [{ ...owner!, primaryKey: testSecrets.createKey() }],
    });
    expect(authorize).toThrow("not signed with a key");
  });
});
