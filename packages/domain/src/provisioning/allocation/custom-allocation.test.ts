import { describe, expect, test } from "vitest";
import { settle } from "../../fixtures/manual-clock.fixture.ts";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import { TestDevice } from "../fixtures/test-device.fixture.ts";
import type { TestProvisioning } from "../fixtures/test-provisioning.fixture.ts";
import { createTestProvisioning, linkedHub } from "../fixtures/test-provisioning.fixture.ts";
import type { WebhookAnswer, WebhookOutcome } from "./webhook.ts";

const groupKey = testSecrets.createKey();
const linked = [
  linkedHub("hub1.test"),
  linkedHub("hub2.test"),
  linkedHub("hub3.test", { applyAllocationPolicy: false }),
];

async function withWebhook(
  limits: Parameters<typeof createTestProvisioning>[0] = {},
): Promise<TestProvisioning> {
  const provisioning = createTestProvisioning({ linked, ...limits });
  await provisioning.service.enrollmentGroups.put({
    id: "group",
    attestation: { type: "symmetricKey", primaryKey: groupKey },
    allocationPolicy: "custom",
    customAllocation: { webhookUrl: "https://allocate.test/", apiVersion: "2019-03-31" },
    initialTwin: { tags: { from: "enrollment" }, desired: {} },
  });
  return provisioning;
}

function answer(overrides: Partial<WebhookAnswer> = {}): WebhookOutcome {
  return {
    kind: "answer",
    answer: {
      iotHubHostName: "HUB2.test",
      initialTwin: undefined,
      payload: undefined,
      ...overrides,
    },
  };
}

describe("an operator's own allocation", () => {
  test("is told about the device and decides about hub, twin and payload", async () => {
    const provisioning = await withWebhook();
    const initialTwin = { tags: { from: "webhook" }, desired: { rate: 5 } };
    const payload = { hello: "device" };
    provisioning.webhook.answer = async () => answer({ initialTwin, payload });
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const registration = await device.register({ hello: "service" });
    expect(registration).toMatchObject({ payload, assignment: { hub: "hub2.test" } });
    expect(provisioning.webhook.requests).toMatchObject([
      {
        registrationId: "dev-1",
        payload: { hello: "service" },
        current: undefined,
        linkedHubs: ["hub1.test", "hub2.test"],
        enrollment: { kind: "group", id: "group" },
        proof: { type: "symmetricKey" },
      },
    ]);
    const twin = await provisioning.hubs.hubs
      .get("hub2.test")
      ?.hub.twins.get({ deviceId: "dev-1" });
    expect(twin).toMatchObject({
      tags: initialTwin.tags,
      desired: { values: initialTwin.desired },
    });
  });

  test("is told where the device is when it registers again", async () => {
    const provisioning = await withWebhook();
    provisioning.webhook.answer = async () => answer();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await device.register();
    await device.register();
    expect(provisioning.webhook.requests.at(-1)?.current).toMatchObject({
      hub: "hub2.test",
      deviceId: "dev-1",
    });
  });

  test("that brings a twin overrides the migration of data", async () => {
    const provisioning = await withWebhook();
    provisioning.webhook.answer = async () => answer();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    await device.register();
    const initialTwin = { tags: { from: "webhook" }, desired: {} };
    provisioning.webhook.answer = async () => answer({ iotHubHostName: "hub1.test", initialTwin });
    expect((await device.register()).assignment?.substatus).toBe("deviceDataReset");
    const twin = await provisioning.hubs.hubs
      .get("hub1.test")
      ?.hub.twins.get({ deviceId: "dev-1" });
    expect(twin?.tags).toEqual({ from: "webhook" });
  });

  test.each(["hub4.test", "hub3.test", ""])("that names '%s' fails", async (iotHubHostName) => {
    const provisioning = await withWebhook();
    provisioning.webhook.answer = async () => answer({ iotHubHostName });
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    expect(await device.register()).toMatchObject({
      assignment: undefined,
      failure: { code: "HubUnusable" },
    });
  });

  test("that refuses is not asked again, and its reason is told", async () => {
    const provisioning = await withWebhook();
    provisioning.webhook.answer = async () => ({
      kind: "refused",
      reason: "the webhook answered 403",
      isTransient: false,
    });
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    expect((await device.register()).failure).toMatchObject({
      code: "WebhookFailed",
      message: expect.stringContaining("403") as string,
    });
    expect(provisioning.webhook.requests).toHaveLength(1);
  });

  test("that breaks is asked once more", async () => {
    const provisioning = await withWebhook();
    provisioning.webhook.answer = async () =>
      provisioning.webhook.requests.length === 1
        ? { kind: "refused", reason: "the webhook answered 503", isTransient: true }
        : answer();
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    expect((await device.register()).failure).toBeUndefined();
  });

  test("holds up no registration without one, and others with one only in line", async () => {
    const provisioning = await withWebhook({ linked, limits: { webhooksInFlightMax: 1 } });
    const key = testSecrets.createKey();
    const attestation = { type: "symmetricKey", primaryKey: key } as const;
    await provisioning.service.individualEnrollments.put({ id: "quick", attestation });
    const waiting: (() => void)[] = [];
    provisioning.webhook.answer = async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return answer();
    };
    const [first, second] = ["dev-1", "dev-2"].map((id) =>
      TestDevice.ofGroup(provisioning, id, groupKey),
    );
    const begun = [await first?.begin(), await second?.begin()];
    await expect(TestDevice.withKey(provisioning, "quick", key).register()).resolves.toMatchObject({
      failure: undefined,
    });
    expect(provisioning.webhook.requests).toHaveLength(1);
    expect(await first?.poll(begun[0]?.operationId ?? "")).toMatchObject({ status: "assigning" });
    waiting.shift()?.();
    await settle();
    expect(await first?.poll(begun[0]?.operationId ?? "")).toMatchObject({ status: "assigned" });
    waiting.shift()?.();
    await settle();
    expect(await second?.poll(begun[1]?.operationId ?? "")).toMatchObject({ status: "assigned" });
  });

  test("that answers after the registration's time is up changes nothing", async () => {
    const provisioning = await withWebhook();
    const waiting: (() => void)[] = [];
    provisioning.webhook.answer = async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return answer();
    };
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    const { operationId } = await device.begin();
    await provisioning.clock.advance(45_000);
    expect(await device.poll(operationId)).toMatchObject({ status: "failed" });
    await device.begin({ another: "request" });
    waiting.shift()?.();
    await settle();
    expect((await provisioning.registrations.find("dev-1"))?.assignment).toBeUndefined();
    waiting.shift()?.();
    await settle();
    expect((await provisioning.registrations.find("dev-1"))?.assignment).toBeDefined();
  });
});

describe("allocation without a webhook", () => {
  test("spreads devices over the hubs that take part, in proportion to their weights", async () => {
    const weights = [
      linkedHub("hub1.test"),
      linkedHub("hub2.test", { allocationWeight: 3 }),
      linked[2],
    ];
    const provisioning = createTestProvisioning({
      linked: weights.filter((hub) => hub !== undefined),
    });
    const attestation = { type: "symmetricKey", primaryKey: groupKey } as const;
    await provisioning.service.enrollmentGroups.put({ id: "group", attestation });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      const device = TestDevice.ofGroup(provisioning, `dev-${i}`, groupKey);
      const hub = (await device.register()).assignment?.hub ?? "none";
      counts[hub] = (counts[hub] ?? 0) + 1;
    }
    expect(Object.keys(counts).toSorted()).toEqual(["hub1.test", "hub2.test"]);
    expect((counts["hub2.test"] ?? 0) / 400).toBeCloseTo(0.75, 0.9);
  });

  test.each([
    ["by its older name", { iotHubHostName: "hub3.test" }],
    ["in its list", { iotHubs: ["HUB3.test"], allocationPolicy: "static" }],
  ] as const)("takes the one hub that an enrollment names %s", async (_, named) => {
    const provisioning = createTestProvisioning({ linked });
    const attestation = { type: "symmetricKey", primaryKey: groupKey } as const;
    await provisioning.service.enrollmentGroups.put({ id: "group", attestation, ...named });
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    expect((await device.register()).assignment?.hub).toBe("hub3.test");
  });

  test("prefers the hub that answers soonest where the policy is latency", async () => {
    const provisioning = createTestProvisioning({ linked });
    provisioning.hubs.latencies.set("hub1.test", 70).set("hub2.test", 12);
    const attestation = { type: "symmetricKey", primaryKey: groupKey } as const;
    await provisioning.service.enrollmentGroups.put({
      id: "group",
      attestation,
      allocationPolicy: "geoLatency",
    });
    for (const id of ["dev-1", "dev-2", "dev-3"]) {
      const device = TestDevice.ofGroup(provisioning, id, groupKey);
      expect((await device.register()).assignment?.hub).toBe("hub2.test");
    }
  });

  test("cannot be static among several hubs", async () => {
    const provisioning = createTestProvisioning({ linked });
    const attestation = { type: "symmetricKey", primaryKey: groupKey } as const;
    const group = { id: "group", attestation, allocationPolicy: "static" } as const;
    const { enrollmentGroups } = provisioning.service;
    await expect(
      enrollmentGroups.put({ ...group, iotHubs: ["hub1.test", "hub2.test"] }),
    ).rejects.toMatchObject({ code: "ArgumentInvalid" });
    await enrollmentGroups.put(group);
    const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
    expect((await device.register()).failure).toMatchObject({ code: "HubUnusable" });
  });
});
