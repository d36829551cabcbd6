import { describe, expect, test } from "vitest";
import { createTestHub } from "../fixtures/index.fixture.ts";
import { type BulkItem, BULK_ITEMS_MAX, BULK_MODES, applyBulk } from "./bulk-operations.ts";
import type { EtagCondition } from "./device-registry.ts";

function item(deviceId: string, mode: BulkItem["mode"], rest: Partial<BulkItem> = {}): BulkItem {
  const nothing = { condition: undefined, identity: {}, twin: {}, twinCondition: undefined };
  return { key: { deviceId }, mode, ...nothing, ...rest };
}

const codesOf = (problems: readonly { error: { code: string } }[]): string[] =>
  problems.map(({ error }) => error.code);

async function hubWithDevice() {
  const { hub } = createTestHub();
  const { device } = await hub.devices.create({ deviceId: "d1" });
  const apply = (...items: BulkItem[]) => applyBulk(hub, items);
  return { hub, device, apply };
}

describe("bulk operations", () => {
  test("do each item for itself, whatever becomes of the others", async () => {
    const { hub, apply } = await hubWithDevice();
    const outcome = await apply(
      item("d1", "create"),
      item("not an id", "create"),
      item("d2", "create", { identity: { status: "disabled", statusReason: "why" } }),
      item("d3", "delete"),
    );
    expect(codesOf(outcome.errors)).toEqual([
      "DeviceAlreadyExists",
      "ArgumentInvalid",
      "DeviceNotFound",
    ]);
    expect(outcome.errors[0]).toMatchObject({ key: { deviceId: "d1" }, mode: "create" });
    const { device } = await hub.devices.get("d2");
    expect(device).toMatchObject({ status: "disabled", statusReason: "why" });
  });

  test("are refused as a whole, before anything is done, with too many items or one twice", async () => {
    const { hub, apply } = await hubWithDevice();
    const many = Array.from({ length: BULK_ITEMS_MAX + 1 }, (_, i) => item(`n${i}`, "create"));
    await expect(apply(...many)).rejects.toMatchObject({ code: "TooManyDevices" });
    const twice = [item("n1", "create"), item("d1", "delete"), item("n1", "update")];
    await expect(apply(...twice)).rejects.toMatchObject({ code: "DeviceDefinedMultipleTimes" });
    expect(await hub.devices.statistics()).toMatchObject({ total: 1 });
    expect(await apply(...many.slice(1))).toEqual({ errors: [], twinsLeftOut: [] });
    expect(await hub.devices.statistics()).toMatchObject({ total: BULK_ITEMS_MAX + 1 });
  });

  test.each(["updateIfMatchETag", "createOrUpdateIfMatchETag", "deleteIfMatchETag"] as const)(
    "heed the ETag in mode %s",
    async (mode) => {
      const { device, apply } = await hubWithDevice();
      const withEtag = (condition: EtagCondition | undefined) => item("d1", mode, { condition });
      expect(codesOf((await apply(withEtag(undefined))).errors)).toEqual(["ArgumentInvalid"]);
      const { errors } = await apply(withEtag({ etag: "another" }));
      expect(codesOf(errors)).toEqual(["PreconditionFailed"]);
      expect((await apply(withEtag({ etag: device.etag }))).errors).toEqual([]);
    },
  );

  test.each(["update", "createOrUpdate", "delete"] as const)(
    "overlook the ETag in mode %s",
    async (mode) => {
      const { apply } = await hubWithDevice();
      const { errors } = await apply(item("d1", mode, { condition: { etag: "another" } }));
      expect(errors).toEqual([]);
    },
  );

  test.each(BULK_MODES)("on a device that does not exist: %s", async (mode) => {
    const { hub, apply } = await hubWithDevice();
    const condition = { etag: "e" };
    const { errors } = await apply(item("d2", mode, { condition, twinCondition: condition }));
    const isCreated = mode.startsWith("create");
    expect(codesOf(errors)).toEqual(isCreated ? [] : ["DeviceNotFound"]);
    expect(await hub.devices.statistics()).toMatchObject({ total: isCreated ? 2 : 1 });
  });

  test("write the twin beside the identity", async () => {
    const { hub, apply } = await hubWithDevice();
    const twin = { tags: { site: "a" }, desired: { fan: "on" } };
    const modes = { d1: "update", d2: "create", d3: "createOrUpdate" } as const;
    for (const [deviceId, mode] of Object.entries(modes)) {
      expect((await apply(item(deviceId, mode, { twin }))).errors).toEqual([]);
      const { tags, desired } = await hub.twins.get({ deviceId });
      expect({ tags, desired: desired.values }).toEqual(twin);
    }
  });

  test("make an identity whose twin is refused, and tell of it apart", async () => {
    const { hub, apply } = await hubWithDevice();
    const twin = { tags: { "a.b": 1 } };
    const outcome = await apply(item("d2", "create", { twin }), item("d1", "update", { twin }));
    expect(outcome).toMatchObject({
      errors: [{ key: { deviceId: "d1" }, error: { code: "ArgumentInvalid" } }],
      twinsLeftOut: [{ key: { deviceId: "d2" }, error: { code: "ArgumentInvalid" } }],
    });
    expect(await hub.devices.get("d2")).toBeDefined();
  });

  test("change twins alone, merging, with their own ETag if need be", async () => {
    const { hub, device, apply } = await hubWithDevice();
    const key = { deviceId: "d1" };
    const before = await hub.twins.update(key, { tags: { site: "a", floor: 1 } }, "any");
    const twin = { tags: { floor: 2 } };
    const conditional = (twinCondition: EtagCondition | undefined) =>
      apply(item("d1", "updateTwinIfMatchETag", { twin, twinCondition }));
    expect(codesOf((await conditional(undefined)).errors)).toEqual(["ArgumentInvalid"]);
    const { errors } = await conditional({ etag: "another" });
    expect(codesOf(errors)).toEqual(["PreconditionFailed"]);
    expect((await hub.twins.get(key)).tags).toEqual({ site: "a", floor: 1 });
    expect((await conditional({ etag: before.etag })).errors).toEqual([]);
    expect((await hub.twins.get(key)).tags).toEqual({ site: "a", floor: 2 });
    await apply(item("d1", "updateTwin", { twin: { tags: null } }));
    expect((await hub.twins.get(key)).tags).toEqual({});
    expect((await hub.devices.get("d1")).device.etag).toBe(device.etag);
  });

  test("make, change and delete modules, also of a device made just before", async () => {
    const { hub, apply } = await hubWithDevice();
    const key = { deviceId: "d2", moduleId: "m1" };
    const ofModule = (mode: BulkItem["mode"]) => item("d2", mode, { key });
    expect(await apply(item("d2", "create"), ofModule("create"))).toEqual({
      errors: [],
      twinsLeftOut: [],
    });
    const created = (await hub.modules.get(key)).module;
    await apply(item("d2", "update", { key, identity: { managedBy: "iotEdge" } }));
    const updated = (await hub.modules.get(key)).module;
    expect(updated).toMatchObject({
      authentication: created.authentication,
      managedBy: "iotEdge",
    });
    expect((await apply(ofModule("delete"))).errors).toEqual([]);
    expect(codesOf((await apply(ofModule("delete"))).errors)).toEqual(["ModuleNotFound"]);
  });

  test("fail as a whole when the store does", async () => {
    const { hub } = createTestHub();
    const broken = new Error("disk");
    const devices = { create: () => Promise.reject(broken) } as unknown as typeof hub.devices;
    const { modules, twins } = hub;
    const applying = applyBulk({ devices, modules, twins }, [item("d1", "create")]);
    await expect(applying).rejects.toBe(broken);
  });
});
