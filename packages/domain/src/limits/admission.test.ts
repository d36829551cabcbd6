import { describe, expect, test } from "vitest";
import { MemoryMeterStore } from "../fixtures/memory-meter.fixture.ts";
import type { TestHub } from "../fixtures/test-hub.fixture.ts";
import { createTestHub, testSettings } from "../fixtures/test-hub.fixture.ts";
import { telemetrySource } from "../fixtures/test-session.fixture.ts";
import type { HubTier } from "../hubs/hub-resource.ts";
import { DEFAULT_HUB_RESOURCE } from "../hubs/hub-resource.ts";
import { NO_PROPERTIES } from "../telemetry/message.ts";
import { OPERATION_KINDS, tierProfile } from "./tiers.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("a hub that is held to its tier", () => {
  test("lets a minute's worth through at once, and the rest at exactly the rate", async () => {
    const { hub, clock } = tieredHub("S1");
    const source = telemetrySource("press");
    // 100 a second.
    for (let i = 0; i < 60; i++) await hub.telemetry.accept(source, messages(100));
    let isAccepted = false;
    const late = hub.telemetry.accept(source, messages(100)).then(() => (isAccepted = true));
    await clock.advance(999);
    expect(isAccepted).toBe(false);
    await clock.advance(1);
    await late;
    expect(isAccepted).toBe(true);
  });

  test("refuses what would wait too long, and goes on as soon as there is room", async () => {
    const { hub, clock } = tieredHub("S1");
    const source = telemetrySource("press");
    const inTime = Array.from({ length: 90 }, () => hub.telemetry.accept(source, messages(100)));
    expect(() => hub.telemetry.accept(source, messages(100))).toThrow(
      expect.objectContaining({ code: "Throttled" }),
    );
    await clock.advance(30_000);
    await Promise.all(inTime);
    const next = hub.telemetry.accept(source, messages(1));
    await clock.advance(10);
    await next;
  });

  test("counts messages in blocks, and starts anew at midnight UTC", async () => {
    const { hub, clock } = tieredHub("F1");
    const source = telemetrySource("press");
    await hub.telemetry.accept(source, [message(513), message(1)]);
    expect(hub.admission.usage).toEqual({ charged: 3, perDay: 8000 });
    await clock.advance(DAY_MS);
    expect(hub.admission.usage).toEqual({ charged: 0, perDay: 8000 });
  });

  test("refuses what the day's quota has no room for, whole", async () => {
    const { hub } = tieredHub("F1");
    const source = telemetrySource("press");
    // 512 blocks each.
    for (let i = 0; i < 15; i++) await hub.telemetry.accept(source, [message(262_144)]);
    expect(() => hub.telemetry.accept(source, [message(262_144)])).toThrow(
      expect.objectContaining({ code: "QuotaExceeded" }),
    );
    expect(hub.admission.usage?.charged).toBe(15 * 512);
    await hub.telemetry.accept(source, [message(1)]);
  });

  test("remembers what the day has cost when it is opened again", async () => {
    const meter = new MemoryMeterStore();
    const first = tieredHub("S1", meter);
    await first.hub.telemetry.accept(telemetrySource("press"), messages(7));
    await first.hub[Symbol.asyncDispose]();
    const second = tieredHub("S1", meter);
    await new Promise((resolve) => setImmediate(resolve));
    expect(second.hub.admission.usage?.charged).toBe(7);
  });

  test("has in a basic tier no twins, methods and commands", async () => {
    const { hub } = tieredHub("B1");
    await hub.devices.create({ deviceId: "press" });
    const key = { deviceId: "press" };
    const missing = { code: "NotInTier" };
    await expect(hub.twins.get(key)).rejects.toMatchObject(missing);
    await expect(hub.twins.update(key, { tags: {} }, "any")).rejects.toMatchObject(missing);
    await expect(
      hub.commands.send({ key, message: message(1), ack: "none" }),
    ).rejects.toMatchObject(missing);
    const invocation = {
      key,
      name: "go",
      payload: {},
      connectTimeoutMs: 0,
      responseTimeoutMs: 1000,
    };
    await expect(hub.methods.invoke(invocation)).rejects.toMatchObject(missing);
  });

  test("follows its tier when that is changed", async () => {
    const { hub } = tieredHub("B1");
    await hub.devices.create({ deviceId: "press" });
    await hub.configuration.change({ resource: { ...DEFAULT_HUB_RESOURCE, tier: "S1" } });
    expect(await hub.twins.get({ deviceId: "press" })).toMatchObject({ version: 2 });
  });
});

test("a hub that is held to nothing counts nothing", async () => {
  const { hub } = createTestHub();
  for (let i = 0; i < 100; i++) await hub.telemetry.accept(telemetrySource("press"), messages(100));
  expect(hub.admission.usage).toBeUndefined();
});

test.each(["F1", "S1", "S2", "S3"] as const)("tier %s has every kind of operation", (tier) => {
  const { perSecond } = tierProfile(tier, 1);
  expect(Object.keys(perSecond).toSorted()).toEqual([...OPERATION_KINDS].toSorted());
});

test.each([
  ["S1", 1, { telemetry: 100, twinReads: 100, twinUpdates: 50, methods: 40 }],
  ["S1", 20, { telemetry: 240 }],
  ["S2", 20, { telemetry: 2400, twinReads: 200, twinUpdates: 100 }],
  ["S3", 2, { telemetry: 12_000, twinReads: 1000, twinUpdates: 500 }],
] as const)("tier %s with %s units has its rates", (tier, units, rates) => {
  expect(tierProfile(tier, units).perSecond).toMatchObject(rates);
});

function tieredHub(tier: HubTier, meter = new MemoryMeterStore()): TestHub {
  const settings = testSettings({ resource: { ...DEFAULT_HUB_RESOURCE, tier } });
  return createTestHub({ enforcesTier: true, meter }, settings);
}

function message(bytes: number) {
  return { properties: NO_PROPERTIES, body: new Uint8Array(bytes) };
}

function messages(count: number) {
  return Array.from({ length: count }, () => message(1));
}
