import { describe, expect, test } from "vitest";
import type { JsonObject } from "../json/json-value.ts";
import { testFleet } from "./test-fleet.fixture.ts";

const runtime = { schemaVersion: "1.1", systemModules: { edgeAgent: {}, edgeHub: {} } };

/** A whole deployment with these modules, each with these desired properties. */
function base(modules: Record<string, JsonObject>): { content: JsonObject } {
  const names = Object.fromEntries(Object.keys(modules).map((name) => [name, { image: name }]));
  return {
    content: {
      modulesContent: {
        $edgeAgent: { "properties.desired": { ...runtime, modules: names } },
        $edgeHub: { "properties.desired": { routes: {} } },
        ...Object.fromEntries(
          Object.entries(modules).map(([name, desired]) => [
            name,
            { "properties.desired": desired },
          ]),
        ),
      },
    },
  };
}

const layer = (modulesContent: JsonObject) => ({
  content: { modulesContent: { $edgeAgent: {}, ...modulesContent } },
});

async function edgeFleet() {
  const fleet = testFleet();
  const { hub } = fleet;
  const capabilities = { iotEdge: true };
  await hub.devices.create({ deviceId: "edge", capabilities });
  await hub.devices.create({ deviceId: "leaf" });
  return {
    ...fleet,
    statuses: () => fleet.statuses("edge", "$edgeAgent"),
    desired: (moduleId: string) => fleet.desired("edge", moduleId),
  };
}

describe("a deployment", () => {
  test("makes the modules of an edge device and sets their twins, on edge devices alone", async () => {
    const { hub, configure, desired, statuses } = await edgeFleet();
    await configure("d1", base({ m1: { limit: 5 } }));
    expect(await desired("$edgeAgent")).toEqual({ ...runtime, modules: { m1: { image: "m1" } } });
    expect(await desired("m1")).toEqual({ limit: 5 });
    expect(await statuses()).toEqual({ d1: "Applied" });
    const { module } = await hub.modules.get({ deviceId: "edge", moduleId: "m1" });
    expect(module).toMatchObject({ managedBy: "iotEdge", authentication: { type: "none" } });
    expect(await hub.modules.list("leaf")).toEqual([]);
    expect((await hub.configurations.get("d1")).results.system).toEqual({
      targetedCount: 1,
      appliedCount: 1,
      reportedSuccessfulCount: 0,
      reportedFailedCount: 0,
    });
  });

  test("is counted by what the agent reports of it", async () => {
    const { hub, configure } = await edgeFleet();
    await configure("d1", base({}));
    const agent = { deviceId: "edge", moduleId: "$edgeAgent" };
    const { desired } = await hub.twins.get(agent);
    const report = (code: number) =>
      hub.twins.patchReported(agent, {
        lastDesiredVersion: desired.version,
        lastDesiredStatus: { code },
      });
    await report(200);
    const counts = async () => (await hub.configurations.get("d1")).results.system;
    expect(await counts()).toMatchObject({ reportedSuccessfulCount: 1, reportedFailedCount: 0 });
  });

  test("reaches a device that becomes an edge device, and leaves with the capability", async () => {
    const { hub, configure, settled, statuses } = testFleet();
    await hub.devices.create({ deviceId: "leaf" });
    await configure("d1", base({ m1: {} }));
    const become = (iotEdge: boolean) =>
      hub.devices.update({ deviceId: "leaf", capabilities: { iotEdge } }, "any");
    await become(true);
    await settled();
    expect(await statuses("leaf", "$edgeAgent")).toEqual({ d1: "Applied" });
    await become(false);
    await settled();
    expect(await hub.modules.list("leaf")).toMatchObject([{ module: { moduleId: "m1" } }]);
  });

  test("of the highest priority is the base, and gives way to the next one", async () => {
    const { hub, configure, settled, desired, statuses } = await edgeFleet();
    await configure("low", { ...base({ m1: { by: "low" } }), priority: 1 });
    await configure("high", { ...base({ m2: { by: "high" } }), priority: 2 });
    expect(await statuses()).toEqual({ low: "Targeted", high: "Applied" });
    expect(await desired("$edgeAgent")).toMatchObject({ modules: { m2: { image: "m2" } } });
    await hub.configurations.delete("high", "any");
    await settled();
    expect(await statuses()).toEqual({ low: "Applied" });
    expect(await desired("$edgeAgent")).toEqual({ ...runtime, modules: { m1: { image: "m1" } } });
  });

  test("that was the last one leaves what runs as it is", async () => {
    const { hub, configure, settled, desired, statuses } = await edgeFleet();
    await configure("d1", base({ m1: {} }));
    await hub.configurations.delete("d1", "any");
    await settled();
    expect(await statuses()).toEqual({});
    expect(await desired("$edgeAgent")).toMatchObject({ modules: { m1: { image: "m1" } } });
  });

  test("has layers on top, each with its settings until it goes", async () => {
    const { hub, configure, settled, desired, statuses } = await edgeFleet();
    const agent = (name: string) => ({
      $edgeAgent: { [`properties.desired.modules.${name}`]: { image: name } },
    });
    await configure("base", { ...base({ m1: { limit: 5 } }), priority: 1 });
    const one = { ...agent("m2"), m2: { "properties.desired": { x: 1 } } };
    await configure("one", { ...layer(one), priority: 2 });
    const two = { ...agent("m3"), m1: { "properties.desired.limit": 9 } };
    await configure("two", { ...layer(two), priority: 3 });
    await configure("below", { ...layer(agent("m4")), priority: 0 });
    await configure("silent", { ...layer({ m1: { "properties.desired.s": 1 } }), priority: 4 });
    expect(await statuses()).toEqual({
      base: "Applied",
      one: "Applied",
      two: "Applied",
      below: "Targeted",
      silent: "Targeted",
    });
    const modulesOf = async () =>
      Object.keys(((await desired("$edgeAgent")).modules ?? {}) as object);
    expect((await modulesOf()).toSorted()).toEqual(["m1", "m2", "m3"]);
    expect(await desired("m1")).toEqual({ limit: 9, s: 1 });
    expect(await desired("m2")).toEqual({ x: 1 });
    await hub.configurations.delete("two", "any");
    await settled();
    expect((await modulesOf()).toSorted()).toEqual(["m1", "m2"]);
    expect(await desired("m1")).toEqual({ limit: 5, s: 1 });
  });

  test("that is a layer waits for a base", async () => {
    const { configure, desired, statuses } = await edgeFleet();
    const agent = { "properties.desired.modules.m1": { image: "m1" } };
    await configure("layer", { ...layer({ $edgeAgent: agent }), priority: 5 });
    expect(await statuses()).toEqual({ layer: "Targeted" });
    expect(await desired("$edgeAgent")).toEqual({});
    await configure("base", { ...base({}), priority: 1 });
    expect(await statuses()).toEqual({ layer: "Applied", base: "Applied" });
    expect(await desired("$edgeAgent")).toEqual({ ...runtime, modules: { m1: { image: "m1" } } });
  });

  test("that is too large together with others is targeted, and the agent is not told", async () => {
    const { configure, desired, statuses } = await edgeFleet();
    const big = (name: string) =>
      Object.fromEntries(
        Array.from({ length: 5 }, (_, i) => [`properties.desired.${name}${i}`, name.repeat(4000)]),
      );
    const m1 = Object.fromEntries(Object.entries(big("a")).map(([k, v]) => [k.slice(19), v]));
    await configure("base", { ...base({ m1 }), priority: 1 });
    const agent = { "properties.desired.modules.m2": { image: "m2" } };
    await configure("layer", { ...layer({ $edgeAgent: agent, m1: big("b") }), priority: 2 });
    expect(await statuses()).toEqual({ base: "Targeted", layer: "Targeted" });
    expect(await desired("$edgeAgent")).toEqual({ ...runtime, modules: { m1: { image: "m1" } } });
    expect(await desired("m1")).toEqual(m1);
  });
});

describe("content that is applied to one device", () => {
  const { content } = base({ m1: { limit: 5 } });

  test("replaces the twins of its modules, which are made, and moves each version by one", async () => {
    const { hub, desired } = await edgeFleet();
    await hub.configurations.apply("edge", content);
    expect(await desired("m1")).toEqual({ limit: 5 });
    await hub.twins.update({ deviceId: "edge", moduleId: "m1" }, { desired: { mine: 1 } }, "any");
    await hub.configurations.apply("edge", content);
    expect(await desired("m1")).toEqual({ limit: 5 });
    const { desired: ofAgent } = await hub.twins.get({ deviceId: "edge", moduleId: "$edgeAgent" });
    expect(ofAgent.version).toBe(2);
  });

  test("comes one at a time for each device", async () => {
    const { hub, desired } = await edgeFleet();
    const other = { deviceContent: { "properties.desired.a": 1 } };
    const [first, second, third] = await Promise.allSettled([
      hub.configurations.apply("edge", content),
      hub.configurations.apply("edge", base({ m1: { limit: 6 } }).content),
      hub.configurations.apply("leaf", other),
    ]);
    expect([first.status, third.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(second).toMatchObject({ reason: { code: "ConfigurationBeingApplied" } });
    expect(await desired("m1")).toEqual({ limit: 5 });
    // Neither one that was done nor one that was refused stands in the way.
    await expect(hub.configurations.apply("leaf", content)).rejects.toMatchObject({
      code: "ConfigurationInvalid",
    });
    await hub.configurations.apply("leaf", other);
    await hub.configurations.apply("edge", content);
  });

  test("sets the twin of a device too", async () => {
    const { hub } = await edgeFleet();
    await hub.configurations.apply("leaf", { deviceContent: { "properties.desired.a.b": 1 } });
    expect((await hub.twins.get({ deviceId: "leaf" })).desired.values).toEqual({ a: { b: 1 } });
  });

  test.each<[string, JsonObject]>([
    ["edge", { modulesContent: { $edgeAgent: {} } }],
    ["leaf", content],
    ["leaf", { moduleContent: { "properties.desired.a": 1 } }],
    ["leaf", {}],
  ])("is refused before anything is done with it: on %s, case %#", async (deviceId, given) => {
    const { hub } = await edgeFleet();
    await expect(hub.configurations.apply(deviceId, given)).rejects.toMatchObject({
      code: "ConfigurationInvalid",
    });
    await expect(hub.modules.get({ deviceId, moduleId: "m1" })).rejects.toMatchObject({
      code: "ModuleNotFound",
    });
  });

  test("is refused for a device that is none", async () => {
    const { hub } = await edgeFleet();
    await expect(hub.configurations.apply("missing", content)).rejects.toMatchObject({
      code: "DeviceNotFound",
    });
  });
});
