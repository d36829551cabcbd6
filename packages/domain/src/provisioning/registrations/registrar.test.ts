import { describe, expect, test } from "vitest";
import { settle } from "../../fixtures/manual-clock.fixture.ts";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import { TestDevice } from "../fixtures/test-device.fixture.ts";
import type { TestProvisioning } from "../fixtures/test-provisioning.fixture.ts";
import { createTestProvisioning } from "../fixtures/test-provisioning.fixture.ts";

const groupKey = testSecrets.createKey();

async function withGroup(
  options: Parameters<typeof createTestProvisioning>[0] = {},
  policy: Partial<Parameters<TestProvisioning["service"]["enrollmentGroups"]["put"]>[0]> = {},
): Promise<TestProvisioning> {
  const provisioning = createTestProvisioning(options);
  await provisioning.service.enrollmentGroups.put({
    id: "group",
    attestation: { type: "symmetricKey", primaryKey: groupKey },
    ...policy,
  });
  return provisioning;
}

async function devicesIn(provisioning: TestProvisioning, hostName: string): Promise<string[]> {
  const found = await provisioning.hubs.hubs.get(hostName)?.hub.devices.list(1000);
  return (found ?? []).map(({ device }) => device.deviceId);
}

describe("a registration", () => {
  test("begins as assigning, with an operation to ask about, and ends assigned", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const begun = await device.begin();
    expect(begun).toMatchObject({ status: "assigning", retryAfterS: 3 });
    expect(begun.operationId).toMatch(/^5\.[0-9a-f]{16}\.[0-9a-f-]{36}$/);
    await settle();
    const ended = await device.poll(begun.operationId);
    expect(ended).toMatchObject({
      operationId: begun.operationId,
      status: "assigned",
      retryAfterS: undefined,
    });
    expect(ended.registration.assignment).toEqual({
      hub: "hub1.test",
      deviceId: "dev-1",
      substatus: "initialAssignment",
    });
    expect(await devicesIn(provisioning, "hub1.test")).toEqual(["dev-1"]);
  });

  test("cannot be asked about by another device, with another id, or too late", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const other = TestDevice.ofGroup(provisioning, "dev-2", groupKey);
    const { operationId } = await device.begin();
    await settle();
    const notFound = { code: "OperationNotFound" };
    await expect(other.poll(operationId)).rejects.toMatchObject(notFound);
    await expect(device.poll("5.0.0")).rejects.toMatchObject(notFound);
    await provisioning.clock.advance(10 * 60 * 1000);
    await expect(device.poll(operationId)).rejects.toMatchObject(notFound);
  });

  test("asked for twice at the same moment is one, and one operation to ask about", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    provisioning.hubs.hold();
    const [first, second] = await Promise.all([device.begin(), device.begin()]);
    expect(first?.operationId).toBe(second?.operationId);
    expect(await device.poll(first?.operationId ?? "")).toMatchObject({ status: "assigning" });
    provisioning.hubs.release();
    await settle();
    for (const begun of [first, second]) {
      expect(await device.poll(begun?.operationId ?? "")).toMatchObject({ status: "assigned" });
    }
    expect(await devicesIn(provisioning, "hub1.test")).toEqual(["dev-1"]);
    expect(provisioning.events).toHaveLength(1);
  });

  test("that asks for something else while one is under way is refused", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    provisioning.hubs.hold();
    const { operationId } = await device.begin({ model: 1 });
    await expect(device.begin({ model: 2 })).rejects.toMatchObject({
      code: "RegistrationConflict",
      message: "Precondition failed.",
    });
    provisioning.hubs.release();
    await settle();
    expect(await device.poll(operationId)).toMatchObject({ status: "assigned" });
  });

  test("is one identity whatever the case of its id", async () => {
    const provisioning = await withGroup();
    await TestDevice.ofGroup(provisioning, "Dev-1", groupKey).register();
    const again = await TestDevice.ofGroup(provisioning, "dEV-1", groupKey).register();
    expect(again).toMatchObject({ registrationId: "Dev-1", assignment: { deviceId: "Dev-1" } });
    expect(await devicesIn(provisioning, "hub1.test")).toEqual(["Dev-1"]);
  });

  test("fails with what its hub said, and leaves nothing there", async () => {
    const provisioning = await withGroup();
    provisioning.hubs.broken.add("hub1.test");
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const failed = await device.register();
    expect(failed).toMatchObject({
      assignment: undefined,
      failure: { code: "HubUnusable", message: "hub1.test is broken" },
    });
    provisioning.hubs.broken.clear();
    await expect(device.register()).resolves.toMatchObject({ failure: undefined });
  });

  test("fails when no linked hub may take it", async () => {
    const provisioning = await withGroup({}, { iotHubs: ["elsewhere.test"] });
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await expect(device.register()).resolves.toMatchObject({ failure: { code: "HubUnusable" } });
  });

  test("that its server did not finish counts as failed, and can be tried again", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    provisioning.hubs.hold();
    const { operationId } = await device.begin();
    await provisioning.clock.advance(45_000);
    expect(await device.poll(operationId)).toMatchObject({ status: "failed" });
    const again = device.begin({ other: "request" });
    provisioning.hubs.release();
    await expect(again).resolves.toMatchObject({ status: "assigning" });
    await settle();
    await expect(device.register()).resolves.toMatchObject({ failure: undefined });
    expect(await devicesIn(provisioning, "hub1.test")).toEqual(["dev-1"]);
  });

  test("whose record an operator deletes meanwhile takes its identity back", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    provisioning.hubs.hold();
    await device.begin();
    await provisioning.service.registrations.delete("dev-1", "any");
    provisioning.hubs.release();
    await settle();
    expect(await devicesIn(provisioning, "hub1.test")).toEqual([]);
  });

  test("with too large a body is refused", async () => {
    const provisioning = await withGroup();
    const request = TestDevice.ofGroup(provisioning, "dev-1", groupKey).request();
    await expect(
      provisioning.service.devices.register({ ...request, bodyBytes: 96 * 1024 + 1 }),
    ).rejects.toMatchObject({ code: "PayloadTooLarge" });
  });

  test("beyond the rate is refused, and told when to come back", async () => {
    const provisioning = await withGroup({ limits: { registrationsPerMinuteMax: 2 } });
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await device.register();
    await device.register();
    await expect(device.begin()).rejects.toMatchObject({
      code: "Throttled",
      details: { retryAfterS: 30 },
    });
    await provisioning.clock.advance(30_000);
    await expect(device.register()).resolves.toMatchObject({ failure: undefined });
  });

  test("of one device too many is refused, known devices are not", async () => {
    const provisioning = await withGroup({ limits: { registrationsMax: 1 } });
    const known = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await known.register();
    const another = TestDevice.ofGroup(provisioning, "dev-2", groupKey);
    await expect(another.begin()).rejects.toMatchObject({ code: "QuotaExceeded" });
    await expect(known.register()).resolves.toMatchObject({ failure: undefined });
  });

  test("can be looked up by its device, and not before there is one", async () => {
    const provisioning = await withGroup();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const { devices } = provisioning.service;
    await expect(devices.registration(device.request())).rejects.toMatchObject({
      code: "RegistrationNotFound",
    });
    const registered = await device.register();
    expect(await devices.registration(device.request())).toEqual(registered);
  });

  test("of a device with an edge runtime says so to the hub, with the enrollment's twin", async () => {
    const provisioning = await withGroup(
      {},
      {
        capabilities: { iotEdge: true },
        initialTwin: { tags: { site: "n" }, desired: { interval: 5 } },
      },
    );
    await TestDevice.ofGroup(provisioning, "dev-1", groupKey).register();
    const hub = provisioning.hubs.hubs.get("hub1.test")?.hub;
    const { device } = (await hub?.devices.get("dev-1")) ?? {};
    expect(device?.capabilities).toEqual({ iotEdge: true });
    const twin = await hub?.twins.get({ deviceId: "dev-1" });
    expect(twin).toMatchObject({ tags: { site: "n" }, desired: { values: { interval: 5 } } });
  });

  test("does not touch an identity's twin, nor enable what its operator disabled", async () => {
    const initialTwin = { tags: { site: "n" }, desired: {} };
    const provisioning = await withGroup({}, { initialTwin });
    const hub = provisioning.hubs.hubs.get("hub1.test")?.hub;
    await hub?.devices.create({ deviceId: "dev-1", status: "disabled", statusReason: "stolen" });
    await TestDevice.ofGroup(provisioning, "dev-1", groupKey).register();
    const { device } = (await hub?.devices.get("dev-1")) ?? {};
    expect(device).toMatchObject({ status: "disabled", statusReason: "stolen" });
    expect((await hub?.twins.get({ deviceId: "dev-1" }))?.tags).toEqual({});
  });
});
