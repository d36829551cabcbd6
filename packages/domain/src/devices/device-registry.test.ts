import { describe, expect, test } from "vitest";
import { createTestHub, openTestSession } from "../fixtures/index.fixture.ts";

describe("the device registry", () => {
  test("makes keys, an etag and a generation for a new device", async () => {
    const { hub } = createTestHub();
    const { device, presence } = await hub.devices.create({ deviceId: "d1" });
    expect(device).toMatchObject({ status: "enabled", authentication: { type: "sas" } });
    expect(device.generationId).toMatch(/^\d{18}$/);
    expect(presence).toMatchObject({ isConnected: false, lastActivityAtMs: 0 });
  });

  test("refuses a second device with the same id, and keeps ids apart by case", async () => {
    const { hub } = createTestHub();
    await hub.devices.create({ deviceId: "d1" });
    await expect(hub.devices.create({ deviceId: "d1" })).rejects.toMatchObject({
      code: "DeviceAlreadyExists",
    });
    await expect(hub.devices.create({ deviceId: "D1" })).resolves.toBeDefined();
  });

  test.each(["", "a b", "a/b", "ü", 'quo"te', "x".repeat(129)])("refuses the id %j", async (id) => {
    const { hub } = createTestHub();
    await expect(hub.devices.create({ deviceId: id })).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
  });

  test("takes every character that IoT Hub allows in an id", async () => {
    const { hub } = createTestHub();
    const deviceId = "aZ09-:.+%_#*?!(),=@;$'";
    await hub.devices.create({ deviceId });
    expect((await hub.devices.get(deviceId)).device.deviceId).toBe(deviceId);
  });

  test("generates keys for empty texts, and refuses what is no key", async () => {
    const { hub } = createTestHub();
    const create = (deviceId: string, primaryKey: string) =>
      hub.devices.create({ deviceId, authentication: { primaryKey, secondaryKey: "" } });
    const { device } = await create("d1", "");
    expect(JSON.stringify(device.authentication)).toMatch(/"primaryKey":".{44}"/);
    await expect(create("d2", "not base64!")).rejects.toMatchObject({ code: "ArgumentInvalid" });
    await expect(create("d3", "c2hvcnQ=")).rejects.toMatchObject({ code: "ArgumentInvalid" });
  });

  test("updates under the condition that the caller set", async () => {
    const { hub } = createTestHub();
    const { device } = await hub.devices.create({ deviceId: "d1" });
    const change = { deviceId: "d1", status: "disabled", statusReason: "lost" } as const;
    const updated = await hub.devices.update(change, { etag: device.etag });
    expect(updated.device).toMatchObject({ status: "disabled", statusReason: "lost" });
    expect(updated.device.authentication).toEqual(device.authentication);
    expect(updated.device.generationId).toBe(device.generationId);
    await expect(hub.devices.update(change, { etag: device.etag })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    await expect(hub.devices.update({ ...change, deviceId: "d2" }, "any")).rejects.toMatchObject({
      code: "DeviceNotFound",
    });
  });

  test("closes the sessions of a device that is disabled or deleted, its modules' too", async () => {
    const { hub } = createTestHub();
    await hub.devices.create({ deviceId: "d1" });
    const closed: string[] = [];
    const open = (identity: { deviceId: string; moduleId?: string }) =>
      openTestSession(hub, identity, {
        close: (reason) => closed.push(`${identity.moduleId ?? "device"} ${reason}`),
      });
    open({ deviceId: "d1" });
    open({ deviceId: "d1", moduleId: "m" });
    await hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    expect(closed).toEqual(["device identityDisabled", "m identityDisabled"]);
    open({ deviceId: "d1" });
    await hub.devices.delete("d1", "any");
    expect(closed.at(-1)).toBe("device identityDeleted");
  });

  test("gives an edge device its system modules, and takes them away again", async () => {
    const { hub } = createTestHub();
    await hub.devices.create({ deviceId: "e", capabilities: { iotEdge: true } });
    const ids = async () => (await hub.modules.list("e")).map(({ module }) => module.moduleId);
    expect(await ids()).toEqual(["$edgeAgent", "$edgeHub"]);
    await expect(
      hub.modules.delete({ deviceId: "e", moduleId: "$edgeHub" }, "any"),
    ).rejects.toMatchObject({ code: "SystemModule" });
    await hub.devices.update({ deviceId: "e", capabilities: { iotEdge: false } }, "any");
    expect(await ids()).toEqual([]);
  });
});

describe("the module registry", () => {
  test("keeps modules on their device, fifty at most", async () => {
    const { hub } = createTestHub();
    await expect(hub.modules.create({ deviceId: "d1", moduleId: "m" })).rejects.toMatchObject({
      code: "DeviceNotFound",
    });
    await hub.devices.create({ deviceId: "d1" });
    for (let i = 0; i < 50; i++) await hub.modules.create({ deviceId: "d1", moduleId: `m${i}` });
    await expect(hub.modules.create({ deviceId: "d1", moduleId: "m50" })).rejects.toMatchObject({
      code: "TooManyModules",
    });
  });
});
