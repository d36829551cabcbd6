import { describe, expect, test } from "vitest";
import { createTestHub } from "../fixtures/index.fixture.ts";
import { DEFAULT_LIMITS } from "../limits/limits.ts";
import type { DeviceInput } from "./device-registry.ts";
import type { ScopeInput } from "./device-scopes.ts";

function familyOf(limits = DEFAULT_LIMITS) {
  const { hub } = createTestHub({ limits });
  const { devices } = hub;
  const create = async (input: DeviceInput) => (await devices.create(input)).device;
  return {
    hub,
    leaf: (deviceId: string, scopes: ScopeInput = {}) => create({ deviceId, ...scopes }),
    /** Gives back the scope of the new edge device. */
    edge: async (deviceId: string, parent?: string) => {
      const parentScopes = parent === undefined ? undefined : [parent];
      const input = { deviceId, capabilities: { iotEdge: true }, parentScopes };
      return (await create(input)).deviceScope!;
    },
    change: async (deviceId: string, rest: Omit<DeviceInput, "deviceId">) =>
      (await devices.update({ deviceId, ...rest }, "any")).device,
    get: async (deviceId: string) => (await devices.get(deviceId)).device,
  };
}

const invalid = { code: "DeviceScopeInvalid" };

describe("the scopes of devices", () => {
  test("are an edge device's own and none for a leaf, until it has a parent", async () => {
    const { edge, leaf, get } = familyOf();
    const scope = await edge("my-edge");
    const { generationId, parentScopes } = await get("my-edge");
    expect(scope).toBe(`ms-azure-iot-edge://my-edge-${generationId}`);
    expect(parentScopes).toEqual([]);
    expect(await leaf("alone")).toMatchObject({ deviceScope: undefined, parentScopes: [] });
    const below = { deviceScope: scope, parentScopes: [scope] };
    expect(await leaf("by-scope", { deviceScope: scope })).toMatchObject(below);
    expect(await leaf("by-parent", { parentScopes: [scope] })).toMatchObject(below);
  });

  test("of an edge device stay its own when it gets a parent", async () => {
    const { edge, get, change } = familyOf();
    const [upper, lower] = [await edge("upper"), await edge("lower")];
    await change("lower", { parentScopes: [upper] });
    expect(await get("lower")).toMatchObject({ deviceScope: lower, parentScopes: [upper] });
    await change("lower", { deviceScope: "ms-azure-iot-edge://stale-1" });
    expect(await get("lower")).toMatchObject({ deviceScope: lower, parentScopes: [upper] });
    await change("lower", { parentScopes: [] });
    expect(await get("lower")).toMatchObject({ deviceScope: lower, parentScopes: [] });
  });

  test("of a leaf go by what clients mean when they send back all they read", async () => {
    const { edge, leaf, change } = familyOf();
    const [one, other] = [await edge("one"), await edge("other")];
    const child = await leaf("child", { deviceScope: one });
    const stale = { parentScopes: child.parentScopes };
    expect(await change("child", { deviceScope: other, ...stale })).toMatchObject({
      deviceScope: other,
      parentScopes: [other],
    });
    expect((await change("child", {})).deviceScope).toBe(other);
    expect(await change("child", { deviceScope: "", ...stale })).toMatchObject({
      deviceScope: undefined,
      parentScopes: [],
    });
  });

  test.each([
    "a text that is no scope",
    "ms-azure-iot-edge://edge-1",
    "ms-azure-iot-edge://nobody-1",
    "ms-azure-iot-edge://leaf-1",
    "ms-azure-iot-edge://-1",
  ])("that belong to no edge device are refused: %s", async (scope) => {
    const { edge, leaf, change, get } = familyOf();
    const parent = await edge("edge");
    await leaf("leaf", { deviceScope: parent });
    await expect(leaf("new", { deviceScope: scope })).rejects.toMatchObject(invalid);
    await expect(change("leaf", { deviceScope: scope })).rejects.toMatchObject(invalid);
    await expect(change("edge", { parentScopes: [scope] })).rejects.toMatchObject(invalid);
    await expect(get("new")).rejects.toMatchObject({ code: "DeviceNotFound" });
    expect((await get("leaf")).deviceScope).toBe(parent);
  });

  test("are one parent's at most", async () => {
    const { edge, leaf } = familyOf();
    const scopes = [await edge("one"), await edge("other")];
    await expect(leaf("leaf", { parentScopes: scopes })).rejects.toMatchObject(invalid);
  });

  test("make no circles", async () => {
    const { edge, change } = familyOf();
    const top = await edge("top");
    const middle = await edge("middle", top);
    const bottom = await edge("bottom", middle);
    for (const scope of [top, middle, bottom]) {
      await expect(change("top", { parentScopes: [scope] })).rejects.toMatchObject(invalid);
    }
  });

  test("nest as deep as they may, whichever end grows, and leaves go below the deepest", async () => {
    const { edge, leaf, change } = familyOf({ ...DEFAULT_LIMITS, nestedEdgeDevicesMax: 3 });
    const one = await edge("one");
    const two = await edge("two", one);
    const three = await edge("three", two);
    await expect(edge("four", three)).rejects.toMatchObject(invalid);
    expect((await leaf("leaf", { deviceScope: three })).deviceScope).toBe(three);
    const above = await edge("above");
    await expect(change("one", { parentScopes: [above] })).rejects.toMatchObject(invalid);
    expect((await change("two", { parentScopes: [above] })).parentScopes).toEqual([above]);
  });

  test("have room for so many children and no more", async () => {
    const { edge, leaf, change } = familyOf({ ...DEFAULT_LIMITS, childrenPerParentMax: 2 });
    const scope = await edge("edge");
    await leaf("one", { deviceScope: scope });
    await edge("two", scope);
    await expect(leaf("three", { deviceScope: scope })).rejects.toMatchObject(invalid);
    await change("one", { deviceScope: "" });
    expect((await leaf("three", { deviceScope: scope })).deviceScope).toBe(scope);
  });

  test("end with the parent, whose children then have none", async () => {
    const { hub, edge, leaf, get } = familyOf();
    const scope = await edge("edge");
    const lower = await edge("lower", scope);
    const before = await leaf("leaf", { deviceScope: scope });
    await hub.devices.delete("edge", "any");
    const after = await get("leaf");
    expect(after).toMatchObject({ deviceScope: undefined, parentScopes: [] });
    expect(after.etag).not.toBe(before.etag);
    expect(await get("lower")).toMatchObject({ deviceScope: lower, parentScopes: [] });
    expect(await edge("edge")).not.toBe(scope);
  });

  test("end when an edge device becomes a leaf, which keeps its own parent", async () => {
    const { edge, leaf, get, change } = familyOf();
    const top = await edge("top");
    const scope = await edge("edge", top);
    await leaf("leaf", { deviceScope: scope });
    const capabilities = { iotEdge: false };
    const changed = await change("edge", { capabilities, deviceScope: scope });
    expect(changed).toMatchObject({ deviceScope: top, parentScopes: [top] });
    expect(await get("leaf")).toMatchObject({ deviceScope: undefined, parentScopes: [] });
  });
});
