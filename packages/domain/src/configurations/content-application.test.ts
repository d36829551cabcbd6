import { describe, expect, test } from "vitest";
import {
  createTestHub,
  MemoryContentClaimStore,
  MemoryDeviceStore,
  MemoryModuleStore,
  MemoryTwinStore,
} from "../fixtures/index.fixture.ts";
import type { JsonObject } from "../json/json-value.ts";
import { CONTENT_CLAIM_MS } from "./content-application.ts";
import type { ContentClaimStore } from "./content-claim-store.ts";

const MODULE_IDS = ["m1", "m2", "m3"];

const contentOf = (value: string): JsonObject => ({
  modulesContent: Object.fromEntries(
    MODULE_IDS.map((moduleId) => [moduleId, { "properties.desired": { by: value } }]),
  ),
});

/** Servers that share nothing but their stores. */
async function servers(count: number) {
  const devices = new MemoryDeviceStore();
  const twins = new MemoryTwinStore();
  const claims = new MemoryContentClaimStore(twins);
  const modules = new MemoryModuleStore(devices);
  const shared = { devices, twins, modules };
  const start = (contentClaims: ContentClaimStore = claims) =>
    createTestHub({ ...shared, contentClaims });
  const hubs = Array.from({ length: count }, () => start().hub);
  await hubs[0]?.devices.create({ deviceId: "d1" });
  return {
    hubs,
    claims,
    start,
    desired: () =>
      Promise.all(
        MODULE_IDS.map(
          async (moduleId) => (await twins.find({ deviceId: "d1", moduleId }))?.desired.values,
        ),
      ),
  };
}

const allBy = (value: string) => MODULE_IDS.map(() => ({ by: value }));

describe("content that is applied to one device", () => {
  test("comes one at a time, however many servers there are", async () => {
    const { hubs, desired } = await servers(2);
    const [first, second] = await Promise.allSettled(
      hubs.map((hub, i) => hub.configurations.apply("d1", contentOf(`server${i}`))),
    );
    expect(first).toMatchObject({ status: "fulfilled" });
    expect(second).toMatchObject({ reason: { code: "ConfigurationBeingApplied" } });
    expect(await desired()).toEqual(allBy("server0"));
    await hubs[1]!.configurations.apply("d1", contentOf("server1"));
    expect(await desired()).toEqual(allBy("server1"));
  });

  test("waits for that of a server that was killed only as long as a claim lasts", async () => {
    const { claims, start, desired } = await servers(1);
    const { hub, clock } = start();
    const expiresAtMs = clock.now() + CONTENT_CLAIM_MS;
    await claims.take({ deviceId: "d1", holder: "killed", expiresAtMs }, clock.now());
    await clock.advance(CONTENT_CLAIM_MS - 1);
    await expect(hub.configurations.apply("d1", contentOf("a"))).rejects.toMatchObject({
      code: "ConfigurationBeingApplied",
    });
    await clock.advance(1);
    await hub.configurations.apply("d1", contentOf("a"));
    expect(await desired()).toEqual(allBy("a"));
  });

  test("stops where another server took over while this one stood still", async () => {
    const { claims, start, desired } = await servers(1);
    let written = 0;
    const stalling: ContentClaimStore = {
      take: (claim, nowMs) => claims.take(claim, nowMs),
      release: (claim) => claims.release(claim),
      putTwin: async (claim, twin) => {
        if (++written === 2) {
          // So much later that the claim is over, for the other.
          await claims.release(claim);
          await start().hub.configurations.apply("d1", contentOf("other"));
        }
        return claims.putTwin(claim, twin);
      },
    };
    await expect(
      start(stalling).hub.configurations.apply("d1", contentOf("this")),
    ).rejects.toMatchObject({ code: "ConfigurationBeingApplied" });
    expect(written).toBe(2);
    expect(await desired()).toEqual(allBy("other"));
  });

  test("is answered with success when only its claim cannot be given back", async () => {
    const { claims, start, desired } = await servers(1);
    const { hub } = start({
      take: (claim, nowMs) => claims.take(claim, nowMs),
      putTwin: (claim, twin) => claims.putTwin(claim, twin),
      release: () => Promise.reject(new Error("disk")),
    });
    await hub.configurations.apply("d1", contentOf("a"));
    expect(await desired()).toEqual(allBy("a"));
  });

  test("leaves no claim behind when it fails on the way", async () => {
    const { hubs, start, desired: desiredNow } = await servers(1);
    const large = (name: string): JsonObject =>
      Object.fromEntries(
        Array.from({ length: 5 }, (_, i) => [`${name}${i}`, "x".repeat(4000)] as const),
      );
    const desired = large("there");
    await hubs[0]!.twins.update({ deviceId: "d1" }, { desired }, "any");
    const content = { deviceContent: large("properties.desired.more") };
    await expect(hubs[0]!.configurations.apply("d1", content)).rejects.toMatchObject({
      code: "TwinTooLarge",
    });
    await start().hub.configurations.apply("d1", contentOf("next"));
    expect(await desiredNow()).toEqual(allBy("next"));
  });
});
