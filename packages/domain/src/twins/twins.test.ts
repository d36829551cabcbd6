import { describe, expect, test } from "vitest";
import type { JsonObject } from "../json/json-value.ts";
import { createTestHub, openTestSession } from "../fixtures/index.fixture.ts";
import { nextTwinEtag, twinEtag } from "./twin.ts";

const key = { deviceId: "d1" };

async function setUp() {
  const { hub, clock } = createTestHub();
  await hub.devices.create({ deviceId: "d1" });
  const notified: unknown[] = [];
  const session = openTestSession(hub, key);
  session.desired = { notify: (change) => notified.push(change) };
  return { hub, clock, notified };
}

describe("a twin", () => {
  test("exists for every registered identity and for no other", async () => {
    const { hub } = await setUp();
    expect(await hub.twins.get(key)).toMatchObject({
      desired: { version: 1 },
      reported: { version: 1 },
    });
    await expect(hub.twins.get({ deviceId: "d2" })).rejects.toMatchObject({
      code: "DeviceNotFound",
    });
    await expect(hub.twins.get({ deviceId: "d1", moduleId: "m" })).rejects.toMatchObject({
      code: "ModuleNotFound",
    });
  });

  test("tells a listening device what was desired, and nothing about tags", async () => {
    const { hub, notified } = await setUp();
    await hub.twins.update(key, { tags: { site: "A" } }, "any");
    await hub.twins.update(key, { desired: { fan: "on", lamp: null } }, "any");
    expect(notified).toEqual([{ patch: { fan: "on", lamp: null }, version: 2 }]);
  });

  test("whose desired properties are emptied tells the device each key that went", async () => {
    const { hub, notified } = await setUp();
    await hub.twins.update(key, { desired: { a: 1, b: { c: 2 } } }, "any");
    const twin = await hub.twins.update(key, { desired: null }, "any");
    expect(twin.desired).toMatchObject({ values: {}, version: 3 });
    expect(notified.at(-1)).toEqual({ patch: { a: null, b: null }, version: 3 });
  });

  test("moves its etag with tags and desired properties only", async () => {
    const { hub } = await setUp();
    const before = await hub.twins.get(key);
    await hub.twins.patchReported(key, { t: 1 });
    expect((await hub.twins.get(key)).etag).toBe(before.etag);
    const after = await hub.twins.update(key, { tags: { a: 1 } }, { etag: before.etag });
    expect(after.etag).not.toBe(before.etag);
    await expect(
      hub.twins.update(key, { tags: { a: 2 } }, { etag: before.etag }),
    ).rejects.toMatchObject({ code: "PreconditionFailed" });
  });

  test("counts a version for every patch of a section, even when nothing changes", async () => {
    const { hub } = await setUp();
    await hub.twins.update(key, { desired: { a: 1 } }, "any");
    expect((await hub.twins.update(key, { desired: { a: 1 } }, "any")).desired.version).toBe(3);
    expect((await hub.twins.update(key, {}, "any")).desired.version).toBe(3);
  });

  test("loses no reported patch when many arrive at once", async () => {
    const { hub } = await setUp();
    const patches = Array.from({ length: 12 }, (_, i) => ({ [`k${i}`]: i }));
    await Promise.all(patches.map((patch) => hub.twins.patchReported(key, patch)));
    const twin = await hub.twins.get(key);
    expect(Object.keys(twin.reported.values)).toHaveLength(12);
    expect(twin.reported.version).toBe(13);
  });

  test.each([
    ["a key with a dot", { "a.b": 1 }],
    ["a key with a dollar sign", { $a: 1 }],
    ["an empty key", { "": 1 }],
    ["a text over 4096 characters", { a: "x".repeat(4097) }],
    ["an integer beyond 2^52", { a: 2 ** 53 }],
    ["eleven levels", JSON.parse(`${'{"a":'.repeat(12)}1${"}".repeat(12)}`) as JsonObject],
  ])("refuses %s and stays as it was", async (_, patch) => {
    const { hub } = await setUp();
    await expect(hub.twins.patchReported(key, patch)).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
    expect((await hub.twins.get(key)).reported.version).toBe(1);
  });

  test("may not grow beyond its size, but may shrink", async () => {
    const { hub } = await setUp();
    const full = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`k${i}`, "x".repeat(4000)]),
    );
    await hub.twins.patchReported(key, full);
    await expect(hub.twins.patchReported(key, { more: "x".repeat(4000) })).rejects.toMatchObject({
      code: "TwinTooLarge",
    });
    await expect(hub.twins.patchReported(key, { k0: null })).resolves.toEqual({ version: 3 });
  });

  test("replaced as a whole keeps nothing that was not given", async () => {
    const { hub, notified } = await setUp();
    await hub.twins.update(key, { tags: { a: 1 }, desired: { b: 1 } }, "any");
    const twin = await hub.twins.replace(key, { desired: { c: 1 } }, "any");
    expect(twin).toMatchObject({ tags: {}, desired: { values: { c: 1 }, version: 3 } });
    expect(notified.at(-1)).toEqual({ patch: { c: 1 }, version: 3 });
  });

  test("has etags that count in the hosted service's form", () => {
    expect(twinEtag(1)).toBe("AAAAAAAAAAE=");
    expect(nextTwinEtag(twinEtag(255))).toBe(twinEtag(256));
  });
});
