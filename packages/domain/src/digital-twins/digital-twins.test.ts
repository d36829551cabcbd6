import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestHub, openTestSession } from "../fixtures/index.fixture.ts";
import type { JsonObject } from "../json/json-value.ts";
import { applyPatch } from "../twins/apply-patch.ts";
import { applyOperations, mergePatchBetween } from "./digital-twin-patch.ts";

const key = { deviceId: "d1" };

async function setUp() {
  const { hub, clock } = createTestHub();
  await hub.devices.create(key);
  await hub.twins.announceModel(key, "dtmi:com:example:Controller;1");
  return { hub, now: new Date(clock.now()).toISOString() };
}

describe("a digital twin", () => {
  test("shows what is reported, and what is wanted beside it", async () => {
    const { hub, now } = await setUp();
    await hub.twins.patchReported(key, {
      serialNumber: "s1",
      target: { value: 20, ac: 200, av: 2, ad: "done" },
      position: { x: 1, y: 2 },
      thermostat1: { __t: "c", maxTemperature: 25.3 },
    });
    await hub.twins.update(
      key,
      { desired: { target: 21, unheard: true, thermostat1: { __t: "c", target: 30 } } },
      "any",
    );
    const { digitalTwin, etag } = await hub.digitalTwins.get("d1");
    expect(etag).toBe((await hub.twins.get(key)).etag);
    expect(digitalTwin).toEqual({
      $dtId: "d1",
      serialNumber: "s1",
      target: 20,
      position: { x: 1, y: 2 },
      thermostat1: {
        maxTemperature: 25.3,
        $metadata: {
          maxTemperature: { lastUpdateTime: now },
          target: { desiredValue: 30, desiredVersion: 2 },
        },
      },
      $metadata: {
        $model: "dtmi:com:example:Controller;1",
        serialNumber: { lastUpdateTime: now },
        position: { lastUpdateTime: now },
        target: {
          desiredValue: 21,
          desiredVersion: 2,
          ackVersion: 2,
          ackCode: 200,
          ackDescription: "done",
          lastUpdateTime: now,
        },
        unheard: { desiredValue: true, desiredVersion: 2 },
      },
    });
  });

  test("of a device without a model is one all the same", async () => {
    const { hub } = createTestHub();
    await hub.devices.create(key);
    expect((await hub.digitalTwins.get("d1")).digitalTwin).toEqual({
      $dtId: "d1",
      $metadata: { $model: "" },
    });
    await expect(hub.digitalTwins.get("d2")).rejects.toMatchObject({ code: "DeviceNotFound" });
  });

  test("is changed by writing desired properties", async () => {
    const { hub } = await setUp();
    await hub.twins.update(key, { desired: { old: 1, position: { x: 1, y: 2 } } }, "any");
    const { etag } = await hub.digitalTwins.update(
      "d1",
      [
        { op: "add", path: "/target", value: 21 },
        { op: "remove", path: "/old" },
        { op: "replace", path: "/position", value: { x: 3 } },
        { op: "add", path: "/thermostat1/target", value: 30 },
        { op: "add", path: "/thermostat2", value: { $metadata: {}, target: 31, "a/b": 1 } },
        { op: "replace", path: "/thermostat2/a~1b", value: 2 },
      ],
      "any",
    );
    const twin = await hub.twins.get(key);
    expect(twin.etag).toBe(etag);
    expect(twin.desired.values).toEqual({
      target: 21,
      position: { x: 3 },
      thermostat1: { __t: "c", target: 30 },
      thermostat2: { __t: "c", target: 31, "a/b": 2 },
    });
  });

  test("tells the device what is written, also when it was so before", async () => {
    const { hub } = await setUp();
    const told: JsonObject[] = [];
    openTestSession(hub, key).desired = { notify: ({ patch }) => void told.push(patch) };
    const operations = [
      { op: "add" as const, path: "/target", value: 21 },
      { op: "add" as const, path: "/thermostat1/target", value: 30 },
    ];
    const first = { target: 21, thermostat1: { __t: "c", target: 30 } };
    await hub.digitalTwins.update("d1", operations, "any");
    await hub.digitalTwins.update("d1", operations, "any");
    await hub.digitalTwins.update("d1", [{ op: "remove", path: "/thermostat1/target" }], "any");
    expect(told).toEqual([first, first, { thermostat1: { __t: "c", target: null } }]);
  });

  test("is changed under the condition that is asked for", async () => {
    const { hub } = await setUp();
    const operations = [{ op: "add" as const, path: "/target", value: 21 }];
    const { etag } = await hub.digitalTwins.get("d1");
    await hub.digitalTwins.update("d1", operations, { etag });
    await expect(hub.digitalTwins.update("d1", operations, { etag })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
  });

  test.each([
    ["target", "DigitalTwinPathInvalid"],
    ["", "DigitalTwinPathInvalid"],
    ["/", "DigitalTwinPathInvalid"],
    ["/a/b/c", "DigitalTwinPathInvalid"],
    ["/a/", "DigitalTwinPathInvalid"],
    ["/$metadata/target", "DigitalTwinPathInvalid"],
    ["/thermostat1/$metadata", "DigitalTwinPathInvalid"],
    ["/thermostat1/__t", "DigitalTwinPathInvalid"],
    ["/a.b", "ArgumentInvalid"],
  ])("is not changed at '%s'", async (path, code) => {
    const { hub } = await setUp();
    const before = await hub.twins.get(key);
    const good = { op: "add" as const, path: "/good", value: 1 };
    const bad = { op: "add" as const, path, value: 1 };
    await expect(hub.digitalTwins.update("d1", [good, bad], "any")).rejects.toMatchObject({ code });
    expect(await hub.twins.get(key)).toEqual(before);
  });

  test("keeps what a patch without sense would take or leave empty", async () => {
    const { hub } = await setUp();
    const invalid = { code: "DigitalTwinPatchInvalid" };
    for (const operation of [
      { op: "remove" as const, path: "/nothing" },
      { op: "remove" as const, path: "/nothing/here" },
      { op: "add" as const, path: "/a" },
      { op: "add" as const, path: "/a", value: null },
    ]) {
      await expect(hub.digitalTwins.update("d1", [operation], "any")).rejects.toMatchObject(
        invalid,
      );
    }
    const many = Array.from({ length: 1001 }, () => ({
      op: "add" as const,
      path: "/a",
      value: 1,
    }));
    await expect(hub.digitalTwins.update("d1", many, "any")).rejects.toMatchObject(invalid);
  });

  test("asks components for what they can do", async () => {
    const { hub } = await setUp();
    const names: string[] = [];
    openTestSession(hub, key).methods = {
      invoke: ({ name }) => {
        names.push(name);
        return { response: Promise.resolve({ status: 200, payload: null }), abandon: () => {} };
      },
    };
    const command = { deviceId: "d1", name: "report", payload: 1 };
    const timeouts = { connectTimeoutMs: 0, responseTimeoutMs: 5000 };
    await hub.digitalTwins.invoke({ ...command, ...timeouts, component: undefined });
    await hub.digitalTwins.invoke({ ...command, ...timeouts, component: "thermostat1" });
    expect(names).toEqual(["report", "thermostat1*report"]);
  });
});

describe("the patch between two sets of properties", () => {
  const object = fc.letrec<{ object: JsonObject; value: JsonObject | number }>((tie) => ({
    object: fc.dictionary(fc.constantFrom("a", "b", "__proto__"), tie("value"), { maxKeys: 3 }),
    value: fc.oneof({ maxDepth: 3 }, fc.integer({ min: 0, max: 3 }), tie("object")),
  })).object;

  test("makes the one of the other when it is merged", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const section = { values: before, metadata: {}, version: 1 };
        const patch = mergePatchBetween(before, after);
        const options = { nowMs: 0, stampsVersion: true };
        expect(applyPatch(section, patch, options).values).toEqual(after);
      }),
    );
  });

  test("is empty when nothing changes", () => {
    fc.assert(
      fc.property(object, (same) => {
        expect(mergePatchBetween(same, applyOperations(same, []))).toEqual({});
      }),
    );
  });
});
