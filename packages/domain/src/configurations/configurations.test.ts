import { describe, expect, test } from "vitest";
import { MemoryConfigurationStore } from "../fixtures/memory-configurations.fixture.ts";
import {
  MemoryDeviceStore,
  MemoryModuleStore,
  MemoryTwinStore,
} from "../fixtures/memory-identities.fixture.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits/limits.ts";
import type { IdentityKey } from "../devices/device.ts";
import type { ConfigurationInput } from "./configurations.ts";
import { ROUND_INTERVAL_MS } from "./fleet-rollout.ts";
import { testFleet } from "./test-fleet.fixture.ts";

const deviceContent = (settings: Record<string, string | number | object>) => ({
  content: {
    deviceContent: Object.fromEntries(
      Object.entries(settings).map(([path, value]) => [
        `properties.desired.${path}`,
        value as never,
      ]),
    ),
  },
});

const never = () => Promise.reject(new Error("not asked for"));
const onlyD7 = () => Promise.resolve({ keys: [{ deviceId: "d7" }], after: undefined });

describe("a configuration", () => {
  test("reaches the devices it is for, and those that become so, and no others", async () => {
    const { hub, configure, settled, desired, statuses } = testFleet();
    await hub.devices.create({ deviceId: "in" });
    await hub.twins.update({ deviceId: "in" }, { tags: { site: "a" } }, "any");
    await hub.devices.create({ deviceId: "out" });
    await configure("c1", { targetCondition: "tags.site = 'a'" });
    expect(await desired("in")).toEqual({ by: "c1" });
    expect(await statuses("in")).toEqual({ c1: "Applied" });
    expect(await desired("out")).toEqual({});
    expect(await statuses("out")).toEqual({});
    await hub.twins.update({ deviceId: "out" }, { tags: { site: "a" } }, "any");
    await hub.devices.create({ deviceId: "new" });
    await hub.twins.update({ deviceId: "new" }, { tags: { site: "a" } }, "any");
    await settled();
    expect([await desired("out"), await desired("new")]).toEqual([{ by: "c1" }, { by: "c1" }]);
  });

  test("lets go of devices it is for no more, and takes back what it set there only", async () => {
    const { hub, configure, settled, desired, statuses } = testFleet();
    const key = { deviceId: "d1" };
    await hub.devices.create(key);
    await hub.twins.update(key, { tags: { site: "a" }, desired: { mine: 1 } }, "any");
    await configure("c1", { targetCondition: "tags.site = 'a'", ...deviceContent({ "a.b": 1 }) });
    expect(await desired("d1")).toEqual({ mine: 1, a: { b: 1 } });
    await hub.twins.update(key, { tags: { site: "b" } }, "any");
    await settled();
    expect(await desired("d1")).toEqual({ mine: 1 });
    expect(await statuses("d1")).toEqual({});
  });

  test("for all reaches every device of a fleet, however many pages it has", async () => {
    const { hub, configure, desired } = testFleet();
    const ids = Array.from({ length: 70 }, (_, i) => `d${i}`);
    for (const deviceId of ids) await hub.devices.create({ deviceId });
    await configure("c1");
    for (const id of ids) expect(await desired(id)).toEqual({ by: "c1" });
    await hub.configurations.update({ id: "c1", targetCondition: "deviceId = 'd3'" }, "any");
    await configure("c2", { targetCondition: "" });
    const left = await Promise.all(ids.map((id) => desired(id)));
    expect(left.filter(({ by }) => by !== undefined)).toHaveLength(1);
  });

  test("reaches everybody also when the store does not say whom it affects", async () => {
    const refuse = () => Promise.reject(new Error("disk"));
    const queries = { page: refuse, groups: refuse, keys: refuse };
    const { hub, configure, settled, desired, statuses } = testFleet({ queries });
    await hub.devices.create({ deviceId: "d1" });
    await configure("c1");
    expect(await desired("d1")).toEqual({ by: "c1" });
    await hub.configurations.delete("c1", "any");
    await settled();
    expect(await statuses("d1")).toEqual({});
    expect((await hub.configurations.list(1)).length).toBe(0);
  });

  test("looks at nobody else's twin", async () => {
    class CountingTwinStore extends MemoryTwinStore {
      readonly found: string[] = [];
      override find(key: IdentityKey) {
        this.found.push(key.deviceId);
        return super.find(key);
      }
    }
    const twins = new CountingTwinStore();
    const devices = new MemoryDeviceStore();
    const queries = { page: never, groups: never, keys: onlyD7 };
    const { hub, configure } = testFleet({ twins, devices, queries });
    for (let i = 0; i < 30; i++) await hub.devices.create({ deviceId: `d${i}` });
    twins.found.length = 0;
    await configure("c1", { targetCondition: "deviceId = 'd7'" });
    expect(new Set(twins.found)).toEqual(new Set(["d7"]));
  });

  test("with a higher priority wins, and the newer one of two that are equal", async () => {
    const { hub, configure, settled, desired, statuses } = testFleet();
    await hub.devices.create({ deviceId: "d1" });
    await configure("first", { priority: 5 });
    await configure("second", { priority: 5 });
    expect(await desired("d1")).toEqual({ by: "second" });
    await configure("low", { priority: 1, ...deviceContent({ by: "low", also: 1 }) });
    expect(await desired("d1")).toEqual({ by: "second", also: 1 });
    expect(await statuses("d1")).toEqual({
      first: "Targeted",
      second: "Applied",
      low: "Applied",
    });
    await hub.configurations.update({ id: "first", priority: 9 }, "any");
    await settled();
    expect(await desired("d1")).toEqual({ by: "first", also: 1 });
    await hub.configurations.delete("first", "any");
    await settled();
    expect(await desired("d1")).toEqual({ by: "second", also: 1 });
    await hub.configurations.delete("second", "any");
    await settled();
    expect(await desired("d1")).toEqual({ by: "low", also: 1 });
    await hub.configurations.delete("low", "any");
    await settled();
    expect(await desired("d1")).toEqual({});
    expect(await statuses("d1")).toEqual({});
  });

  test("made anew under the id of one just deleted takes over from it", async () => {
    const { hub, configure, desired } = testFleet();
    await hub.devices.create({ deviceId: "d1" });
    await configure("c1", deviceContent({ old: 1 }));
    await hub.configurations.delete("c1", "any");
    await configure("c1", deviceContent({ new: 1 }));
    expect(await desired("d1")).toEqual({ new: 1 });
  });

  test("tells the device once of what changes, and counts one version for it", async () => {
    const { hub, configure } = testFleet();
    const key = { deviceId: "d1" };
    await hub.devices.create(key);
    const before = await hub.twins.get(key);
    const changes: unknown[] = [];
    hub.observers.add({ twinChanged: ({ desired }) => changes.push(desired) });
    await configure("c1", deviceContent({ a: 1, b: { c: 2 } }));
    const after = await hub.twins.get(key);
    expect(changes).toEqual([{ a: 1, b: { c: 2 } }]);
    expect(after.desired.version).toBe(before.desired.version + 1);
    expect(after.etag).not.toBe(before.etag);
    expect(after.desired.metadata).toHaveProperty("b.c.$lastUpdatedVersion", 2);
  });

  test("does not fight with others over its settings, and puts them back after a while", async () => {
    const { hub, clock, configure, settled, desired } = testFleet();
    const key = { deviceId: "d1" };
    await hub.devices.create(key);
    await configure("c1");
    let patches = 0;
    hub.observers.add({
      twinChanged({ isSettlement }) {
        if (!isSettlement || ++patches > 3) return;
        void hub.twins.update(key, { desired: { by: "me" } }, "any");
      },
    });
    await hub.twins.update(key, { desired: { by: "me" } }, "any");
    await settled();
    expect(await desired("d1")).toEqual({ by: "me" });
    expect(patches).toBe(0);
    await clock.advance(ROUND_INTERVAL_MS);
    await settled();
    expect(patches).toBe(1);
    expect(await desired("d1")).toEqual({ by: "me" });
  });

  test("whose settings end its own condition comes and goes once for each change", async () => {
    const { hub, configure, settled, desired } = testFleet();
    await hub.devices.create({ deviceId: "d1" });
    const changes: unknown[] = [];
    hub.observers.add({ twinChanged: (change) => changes.push(change.desired) });
    await configure("c1", { targetCondition: "NOT is_defined(properties.desired.by)" });
    await settled();
    expect(changes).toEqual([{ by: "c1" }]);
    expect(await desired("d1")).toEqual({ by: "c1" });
  });

  test("that finds no room in a twin is only targeted", async () => {
    const { hub, configure, desired, statuses } = testFleet();
    await hub.devices.create({ deviceId: "d1" });
    const key = { deviceId: "d1" };
    const chunk = "x".repeat(4000);
    const full = Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((k) => [k, chunk]));
    await hub.twins.update(key, { desired: full }, "any");
    await configure("fits", { priority: 2, ...deviceContent({ y: "y".repeat(4000) }) });
    await configure("c1", { priority: 1, ...deviceContent({ z: "z".repeat(4000) }) });
    expect(Object.keys(await desired("d1"))).toEqual("abcdefgy".split(""));
    expect(await statuses("d1")).toEqual({ fits: "Applied", c1: "Targeted" });
  });

  test("heeds reports, connections and identities when its condition does", async () => {
    const { hub, configure, settled, statuses } = testFleet();
    await hub.devices.create({ deviceId: "d1" });
    await configure("reported", { targetCondition: "properties.reported.v = 2" });
    await configure("disabled", { targetCondition: "status = 'disabled'" });
    expect(await statuses("d1")).toEqual({});
    await hub.twins.patchReported({ deviceId: "d1" }, { v: 2 });
    await settled();
    expect(Object.keys(await statuses("d1"))).toEqual(["reported"]);
    await hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    await settled();
    expect(Object.keys(await statuses("d1")).toSorted()).toEqual(["disabled", "reported"]);
  });

  test("for modules reaches modules, and nobody while its condition is empty", async () => {
    const { hub, configure, settled, desired, statuses } = testFleet();
    await hub.devices.create({ deviceId: "d1" });
    await hub.modules.create({ deviceId: "d1", moduleId: "m1" });
    const content = { moduleContent: { "properties.desired": { on: true } } };
    await configure("c1", { content, targetCondition: "" });
    expect(await statuses("d1", "m1")).toEqual({});
    const targetCondition = "from devices.modules where moduleId = 'm1'";
    await hub.configurations.update({ id: "c1", targetCondition }, "any");
    await hub.modules.create({ deviceId: "d1", moduleId: "m2" });
    await settled();
    expect(await desired("d1", "m1")).toEqual({ on: true });
    expect(await statuses("d1", "m1")).toEqual({ c1: "Applied" });
    expect(await desired("d1", "m2")).toEqual({});
    expect(await desired("d1")).toEqual({});
    await hub.modules.delete({ deviceId: "d1", moduleId: "m1" }, "any");
    await hub.modules.create({ deviceId: "d1", moduleId: "m1" });
    await settled();
    expect(await desired("d1", "m1")).toEqual({ on: true });
  });

  test("that was made or deleted just before a server ended is made up for by the next one", async () => {
    const devices = new MemoryDeviceStore();
    const stores = {
      devices,
      modules: new MemoryModuleStore(devices),
      twins: new MemoryTwinStore(),
      configurations: new MemoryConfigurationStore(),
    };
    const before = testFleet(stores);
    await before.hub.devices.create({ deviceId: "d1" });
    await before.configure("gone", deviceContent({ old: 1 }));
    await before.hub.configurations.delete("gone", "any");
    await before.hub.configurations.create({
      id: "new",
      targetCondition: "*",
      ...deviceContent({ new: 1 }),
    });
    await before.hub[Symbol.asyncDispose]();
    expect(await before.desired("d1")).toEqual({ old: 1 });
    const after = testFleet(stores);
    await after.settled();
    expect(await after.desired("d1")).toEqual({ new: 1 });
    expect(await stores.configurations.listRetired()).toEqual([]);
  });

  test("is counted: whom it is for, who has it, and what its metrics ask", async () => {
    const { hub, configure } = testFleet();
    for (const deviceId of ["d1", "d2", "d3"]) await hub.devices.create({ deviceId });
    const metricQueries = {
      some: "select deviceId from devices where deviceId != 'd1'",
      broken: "select *",
    };
    await configure("c1", { targetCondition: "deviceId in ['d1', 'd2']", metricQueries });
    expect((await hub.configurations.get("c1")).results).toEqual({
      system: { targetedCount: 2, appliedCount: 2 },
      custom: { some: 2 },
    });
    const [listed] = await hub.configurations.list(10);
    expect(listed?.results.system).toEqual({ targetedCount: 2, appliedCount: 2 });
    expect(hub.configurations.testQueries("tags.a =", metricQueries)).toEqual({
      targetCondition: expect.stringContaining("line 1, column 9") as string,
      metricQueries: { broken: expect.stringContaining("FROM") as string },
    });
    expect(hub.configurations.testQueries("*", {})).toEqual({
      targetCondition: undefined,
      metricQueries: {},
    });
  });
});

describe("what a configuration may be", () => {
  const content = { deviceContent: { "properties.desired.a": 1 } };
  const long = "x".repeat(4097);

  test.each<[string, string, Partial<ConfigurationInput>]>([
    ["ArgumentInvalid", "an id in upper case", { id: "C1" }],
    ["ArgumentInvalid", "an id with a space", { id: "c 1" }],
    ["ArgumentInvalid", "an empty id", { id: "" }],
    ["ArgumentInvalid", "a negative priority", { priority: -1 }],
    ["ArgumentInvalid", "half a priority", { priority: 0.5 }],
    ["ArgumentInvalid", "labels without end", { labels: { a: long } }],
    ["ConfigurationInvalid", "no content", { content: {} }],
    ["ConfigurationInvalid", "two contents", { content: { ...content, moduleContent: {} } }],
    ["ConfigurationInvalid", "tags", { content: { deviceContent: { "tags.a": 1 } } }],
    ["ConfigurationInvalid", "no object", { content: { deviceContent: "x" } }],
    ["ConfigurationInvalid", "all set to a text", only({ "properties.desired": "x" })],
    ["ConfigurationInvalid", "an empty key", only({ "properties.desired.a..b": 1 })],
    ["ConfigurationInvalid", "a long text", only({ "properties.desired.a": long })],
    ["ConfigurationInvalid", "a key with $", only({ "properties.desired.$a": 1 })],
    ["ConfigurationInvalid", "no agent", { content: { modulesContent: { m1: {} } } }],
    ["ConfigurationInvalid", "a layer of system modules", layer("systemModules.edgeHub")],
    ["TargetConditionInvalid", "a broken condition", { targetCondition: "tags.a =" }],
    ["TargetConditionInvalid", "jobs", { targetCondition: "from devices.jobs where jobId = 'j'" }],
    ["TargetConditionInvalid", "modules", { targetCondition: "from devices.modules where 1 = 1" }],
    ["MetricQueriesInvalid", "six metrics", { metricQueries: metrics(6) }],
    ["MetricQueriesInvalid", "an empty query", { metricQueries: { a: " " } }],
  ])("%s for %s", async (code, _, input) => {
    const { hub } = testFleet();
    const creating = hub.configurations.create({ id: "c1", content, ...input });
    await expect(creating).rejects.toMatchObject({ code });
    expect(await hub.configurations.list(10)).toEqual([]);
  });

  function only(deviceOnly: Record<string, string | number>): Partial<ConfigurationInput> {
    return { content: { deviceContent: deviceOnly } };
  }

  function layer(path: string): Partial<ConfigurationInput> {
    const agent = { [`properties.desired.${path}`]: {} };
    return { content: { modulesContent: { $edgeAgent: agent } } };
  }

  function metrics(count: number): Record<string, string> {
    const names = Array.from({ length: count }, (_, i) => `m${i}`);
    return Object.fromEntries(names.map((name) => [name, "select * from devices"]));
  }

  test("changes by ETag, but not in its content", async () => {
    const { hub } = testFleet();
    const { configurations } = hub;
    const { configuration } = await configurations.create({
      id: "c1",
      content,
      labels: { a: "b" },
    });
    await expect(configurations.create({ id: "c1", content })).rejects.toMatchObject({
      code: "ConfigurationAlreadyExists",
    });
    const update = (input: Partial<ConfigurationInput>, etag: string) =>
      configurations.update({ id: "c1", ...input }, { etag });
    await expect(update({ priority: 1 }, "other")).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    const changed = only({ "properties.desired.a": 2 });
    await expect(update(changed, configuration.etag)).rejects.toMatchObject({
      code: "ConfigurationImmutable",
    });
    const updated = await update({ content, priority: 7 }, configuration.etag);
    expect(updated.configuration).toMatchObject({ priority: 7, labels: { a: "b" }, content });
    expect(updated.configuration.etag).not.toBe(configuration.etag);
    await expect(configurations.delete("c1", { etag: "other" })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    await configurations.delete("c1", { etag: updated.configuration.etag });
    for (const missing of [configurations.get("c1"), configurations.delete("c1", "any")]) {
      await expect(missing).rejects.toMatchObject({ code: "ConfigurationNotFound" });
    }
  });

  test("are so many to a hub and no more", async () => {
    const limits: Limits = { ...DEFAULT_LIMITS, configurationsMax: 2 };
    const { hub } = testFleet({ limits });
    await hub.configurations.create({ id: "c1", content });
    await hub.configurations.create({ id: "c2", content });
    await expect(hub.configurations.create({ id: "c3", content })).rejects.toMatchObject({
      code: "TooManyConfigurations",
    });
    await hub.configurations.delete("c1", "any");
    await expect(hub.configurations.create({ id: "c3", content })).resolves.toBeDefined();
  });
});
