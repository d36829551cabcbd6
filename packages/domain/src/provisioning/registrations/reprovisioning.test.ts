import { describe, expect, test } from "vitest";
import { settle } from "../../fixtures/manual-clock.fixture.ts";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import { TestDevice } from "../fixtures/test-device.fixture.ts";
import type { TestProvisioning } from "../fixtures/test-provisioning.fixture.ts";
import { createTestProvisioning, linkedHub } from "../fixtures/test-provisioning.fixture.ts";

const groupKey = testSecrets.createKey();
const linked = ["hub1.test", "hub2.test"].map((name) => linkedHub(name));
type Policy = { updateHubAssignment: boolean; migrateDeviceData: boolean };

/** A device that lives in hub1 with a twin of its own, and a group that now wants it in `iotHubs`. */
async function settled(policy: Policy | undefined, iotHubs = ["hub2.test"]) {
  const provisioning = createTestProvisioning({ linked });
  const group = {
    id: "group",
    attestation: { type: "symmetricKey", primaryKey: groupKey },
    reprovisionPolicy: policy,
    initialTwin: { tags: { from: "enrollment" }, desired: { from: "enrollment" } },
  } as const;
  const { enrollmentGroups } = provisioning.service;
  await enrollmentGroups.put({ ...group, iotHubs: ["hub1.test"] });
  const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
  await device.register();
  await twins(provisioning, "hub1.test")?.update(
    { deviceId: "dev-1" },
    { tags: { from: "back end" }, desired: { from: "back end", more: 1 } },
    "any",
  );
  await twins(provisioning, "hub1.test")?.patchReported({ deviceId: "dev-1" }, { fw: "1.2" });
  await enrollmentGroups.put({ ...group, iotHubs });
  return { provisioning, device };
}

function twins(provisioning: TestProvisioning, hostName: string) {
  return provisioning.hubs.hubs.get(hostName)?.hub.twins;
}

async function twinIn(provisioning: TestProvisioning, hostName: string) {
  const twin = await twins(provisioning, hostName)
    ?.get({ deviceId: "dev-1" })
    .catch(() => undefined);
  return twin && { tags: twin.tags, desired: twin.desired.values, reported: twin.reported.values };
}

const ENROLLMENT_TWIN = {
  tags: { from: "enrollment" },
  desired: { from: "enrollment" },
  reported: {},
};
const OWN_TWIN = { tags: { from: "back end" }, desired: { from: "back end", more: 1 } };
const MIGRATE = { updateHubAssignment: true, migrateDeviceData: true };
const RESET = { updateHubAssignment: true, migrateDeviceData: false };

describe("a device that registers again", () => {
  test.each([
    ["by default", undefined],
    ["when asked to migrate", MIGRATE],
  ])("moves with its data %s", async (_, policy) => {
    const { provisioning, device } = await settled(policy);
    const { assignment } = await device.register();
    expect(assignment).toEqual({
      hub: "hub2.test",
      deviceId: "dev-1",
      substatus: "deviceDataMigrated",
    });
    expect(await twinIn(provisioning, "hub1.test")).toBeUndefined();
    expect(await twinIn(provisioning, "hub2.test")).toEqual({ ...OWN_TWIN, reported: {} });
  });

  test("stays with its data where the allocation does not change", async () => {
    const { provisioning, device } = await settled(MIGRATE, ["hub1.test"]);
    expect((await device.register()).assignment?.substatus).toBe("initialAssignment");
    expect(await twinIn(provisioning, "hub1.test")).toEqual({
      ...OWN_TWIN,
      reported: { fw: "1.2" },
    });
  });

  test("moves without its data when asked to reset", async () => {
    const { provisioning, device } = await settled(RESET);
    expect((await device.register()).assignment).toMatchObject({
      hub: "hub2.test",
      substatus: "deviceDataReset",
    });
    expect(await twinIn(provisioning, "hub1.test")).toBeUndefined();
    expect(await twinIn(provisioning, "hub2.test")).toEqual(ENROLLMENT_TWIN);
  });

  test("is reset even in the same hub when asked to reset", async () => {
    const { provisioning, device } = await settled(RESET, ["hub1.test"]);
    expect((await device.register()).assignment).toMatchObject({
      hub: "hub1.test",
      substatus: "deviceDataReset",
    });
    expect(await twinIn(provisioning, "hub1.test")).toEqual(ENROLLMENT_TWIN);
  });

  test.each([true, false])("never moves when told not to (migrate: %s)", async (migrate) => {
    const policy = { updateHubAssignment: false, migrateDeviceData: migrate };
    const { provisioning, device } = await settled(policy);
    expect((await device.register()).assignment).toMatchObject({
      hub: "hub1.test",
      substatus: "initialAssignment",
    });
    expect(await twinIn(provisioning, "hub1.test")).toMatchObject(OWN_TWIN);
    expect(await twinIn(provisioning, "hub2.test")).toBeUndefined();
  });

  test("is created again where somebody deleted it, as if it were new", async () => {
    const { provisioning, device } = await settled(MIGRATE, ["hub1.test"]);
    await provisioning.hubs.hubs.get("hub1.test")?.hub.devices.delete("dev-1", "any");
    expect((await device.register()).failure).toBeUndefined();
    expect(await twinIn(provisioning, "hub1.test")).toEqual(ENROLLMENT_TWIN);
  });

  test("begins anew in its new hub when somebody deleted it in the old one", async () => {
    const { provisioning, device } = await settled(MIGRATE);
    await provisioning.hubs.hubs.get("hub1.test")?.hub.devices.delete("dev-1", "any");
    expect((await device.register()).failure).toBeUndefined();
    expect(await twinIn(provisioning, "hub2.test")).toEqual(ENROLLMENT_TWIN);
  });

  test("begins anew when its old hub was unlinked, and leaves that alone", async () => {
    const { provisioning, device } = await settled(MIGRATE);
    await provisioning.service.configuration.change({ linkedHubs: [linkedHub("hub2.test")] });
    expect((await device.register()).assignment).toMatchObject({
      hub: "hub2.test",
      substatus: "deviceDataReset",
    });
    expect(await twinIn(provisioning, "hub1.test")).toMatchObject(OWN_TWIN);
  });

  test("fails when it must stay in a hub that was unlinked", async () => {
    const { provisioning, device } = await settled({ ...MIGRATE, updateHubAssignment: false });
    await provisioning.service.configuration.change({ linkedHubs: [linkedHub("hub2.test")] });
    expect((await device.register()).failure).toMatchObject({ code: "HubUnusable" });
  });

  test("stays what it was while its new hub is broken", async () => {
    const { provisioning, device } = await settled(MIGRATE);
    provisioning.hubs.broken.add("hub2.test");
    const failed = await device.register();
    expect(failed).toMatchObject({
      failure: { code: "HubUnusable" },
      assignment: { hub: "hub1.test" },
    });
    expect(await twinIn(provisioning, "hub1.test")).toMatchObject(OWN_TWIN);
    provisioning.hubs.broken.clear();
    expect((await device.register()).assignment).toMatchObject({ hub: "hub2.test" });
    expect(await twinIn(provisioning, "hub2.test")).toMatchObject(OWN_TWIN);
  });

  test("is one identity again as soon as a hub it left can be reached", async () => {
    const { provisioning, device } = await settled(RESET);
    provisioning.hubs.broken.add("hub1.test");
    const moved = await device.register();
    expect(moved).toMatchObject({
      failure: undefined,
      assignment: { hub: "hub2.test" },
      removals: [{ hub: "hub1.test", deviceId: "dev-1" }],
    });
    provisioning.hubs.broken.clear();
    await provisioning.clock.advance(60_000);
    await settle();
    expect(await twinIn(provisioning, "hub1.test")).toBeUndefined();
    expect(await provisioning.registrations.find("dev-1")).toMatchObject({
      removals: [],
      assignment: { hub: "hub2.test" },
    });
  });

  test("may return to a hub that still had to be tidied up", async () => {
    const { provisioning, device } = await settled(RESET);
    provisioning.hubs.broken.add("hub1.test");
    await device.register();
    provisioning.hubs.broken.clear();
    await provisioning.service.enrollmentGroups.put({
      id: "group",
      attestation: { type: "symmetricKey" },
      iotHubs: ["hub1.test"],
    });
    expect(await device.register()).toMatchObject({
      assignment: { hub: "hub1.test" },
      removals: [],
    });
    await provisioning.clock.advance(60_000);
    expect(await twinIn(provisioning, "hub1.test")).toBeDefined();
    expect(await twinIn(provisioning, "hub2.test")).toBeUndefined();
  });

  test("stays where it is when its hub has another name now", async () => {
    const { provisioning, device } = await settled(RESET, ["hub1.test"]);
    const hub1 = provisioning.hubs.hubs.get("hub1.test");
    if (hub1 === undefined) throw new Error("no hub");
    provisioning.hubs.hubs.set("renamed.test", hub1);
    await provisioning.service.enrollmentGroups.put({
      id: "group",
      attestation: { type: "symmetricKey" },
      iotHubs: ["hub1.test"],
    });
    const renamed = linkedHub("renamed.test", { aliases: ["HUB1.test"] });
    await provisioning.service.configuration.change({ linkedHubs: [renamed] });
    expect((await device.register()).assignment).toEqual({
      hub: "renamed.test",
      deviceId: "dev-1",
      substatus: "initialAssignment",
    });
    expect(await twinIn(provisioning, "hub1.test")).toMatchObject(OWN_TWIN);
  });

  test("is known by its new name alone when the enrollment renames it", async () => {
    const provisioning = createTestProvisioning();
    const key = testSecrets.createKey();
    const attestation = { type: "symmetricKey", primaryKey: key } as const;
    const { individualEnrollments } = provisioning.service;
    await individualEnrollments.put({ id: "dev-1", attestation });
    const device = TestDevice.withKey(provisioning, "dev-1", key);
    await device.register();
    await individualEnrollments.put({ id: "dev-1", deviceId: "pump-7", attestation });
    expect((await device.register()).assignment).toMatchObject({ deviceId: "pump-7" });
    const devices = await provisioning.hubs.hubs.get("hub1.test")?.hub.devices.list(10);
    expect(devices?.map((item) => item.device.deviceId)).toEqual(["pump-7"]);
  });

  test("whose record was deleted is assigned for the first time", async () => {
    const { provisioning, device } = await settled(RESET, ["hub1.test"]);
    await provisioning.service.registrations.delete("dev-1", "any");
    expect((await device.register()).assignment?.substatus).toBe("initialAssignment");
    expect(await twinIn(provisioning, "hub1.test")).toMatchObject(OWN_TWIN);
  });
});
