import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestHub } from "../fixtures/index.fixture.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import type { Twin } from "../twins/twin.ts";
import { toDigitalTwin } from "./digital-twin.ts";
import { describeDigitalTwinChange } from "./digital-twin-change.ts";

const key = { deviceId: "d1" };

async function setUp() {
  const { hub, clock } = createTestHub();
  await hub.devices.create(key);
  await hub.twins.announceModel(key, "dtmi:com:example:Controller;1");
  const changes: { before: Twin; twin: Twin }[] = [];
  hub.observers.add({ twinChanged: (change) => void changes.push(change) });
  return {
    hub,
    now: new Date(clock.now()).toISOString(),
    /** What the last change of the twin was. */
    change: (): readonly JsonObject[] => {
      const { before, twin } = changes.at(-1)!;
      return describeDigitalTwinChange(before, twin);
    },
  };
}

describe("the change of a digital twin", () => {
  test("adds what is reported for the first time, its metadata first", async () => {
    const { hub, now, change } = await setUp();
    await hub.twins.patchReported(key, { maxTemperature: 42.5 });
    expect(change()).toEqual([
      { op: "add", path: "/$metadata/maxTemperature", value: { lastUpdateTime: now } },
      { op: "add", path: "/maxTemperature", value: 42.5 },
    ]);
  });

  test("adds a component as a whole", async () => {
    const { hub, now, change } = await setUp();
    await hub.twins.patchReported(key, { thermostat1: { __t: "c", maxTemperature: 3.5 } });
    expect(change()).toEqual([
      {
        op: "add",
        path: "/thermostat1",
        value: { maxTemperature: 3.5, $metadata: { maxTemperature: { lastUpdateTime: now } } },
      },
    ]);
  });

  test("shows what is wanted, and then how far the device is with it", async () => {
    const { hub, now, change } = await setUp();
    await hub.twins.patchReported(key, { thermostat1: { __t: "c", maxTemperature: 3.5 } });
    const wanted = { thermostat1: { __t: "c", target: 21.8 } };
    await hub.twins.update(key, { desired: wanted }, "any");
    expect(change()).toEqual([
      {
        op: "add",
        path: "/thermostat1/$metadata/target",
        value: { desiredValue: 21.8, desiredVersion: 2 },
      },
    ]);
    const done = { value: 21.8, ac: 200, av: 2, ad: "done" };
    await hub.twins.patchReported(key, { thermostat1: { __t: "c", target: done } });
    expect(change()).toEqual([
      { op: "add", path: "/thermostat1/$metadata/target/ackCode", value: 200 },
      { op: "add", path: "/thermostat1/$metadata/target/ackDescription", value: "done" },
      { op: "add", path: "/thermostat1/$metadata/target/ackVersion", value: 2 },
      { op: "add", path: "/thermostat1/$metadata/target/lastUpdateTime", value: now },
      { op: "add", path: "/thermostat1/target", value: 21.8 },
    ]);
  });

  test("replaces what was there, and removes what is gone", async () => {
    const { hub, change } = await setUp();
    await hub.twins.patchReported(key, { level: 1, old: 1 });
    await hub.twins.patchReported(key, { level: 2, old: null });
    expect(change()).toEqual([
      { op: "remove", path: "/$metadata/old" },
      { op: "replace", path: "/level", value: 2 },
      { op: "remove", path: "/old" },
    ]);
  });

  test("is nothing where only tags change", async () => {
    const { hub, change } = await setUp();
    await hub.twins.update(key, { tags: { hall: 3 } }, "any");
    expect(change()).toEqual([]);
  });

  test("always leads from what was to what is", async () => {
    const { hub } = createTestHub();
    await hub.devices.create(key);
    const changes: { before: Twin; twin: Twin }[] = [];
    hub.observers.add({ twinChanged: (change) => void changes.push(change) });
    const name = fc.constantFrom("a", "b", "a~b", "a/b", "__proto__");
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null));
    const value = fc.oneof(
      leaf,
      fc.dictionary(name, leaf, { maxKeys: 3 }),
      fc
        .dictionary(name, leaf, { maxKeys: 3 })
        .map((members) => Object.fromEntries([...Object.entries(members), ["__t", "c"]])),
    );
    const patch = fc.dictionary(name, value as fc.Arbitrary<JsonValue>, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(patch, fc.boolean(), async (section, isReported) => {
        const count = changes.length;
        if (isReported) await hub.twins.patchReported(key, section);
        else await hub.twins.update(key, { desired: section }, "any");
        expect(changes).toHaveLength(count + 1);
        const { before, twin } = changes.at(-1)!;
        const operations = describeDigitalTwinChange(before, twin);
        expect(applied(toDigitalTwin(before), operations)).toEqual(toDigitalTwin(twin));
      }),
    );
  });
});

/** JSON Patch as far as changes use it, written without a look at how they are made. [RFC 6902] */
function applied(document: JsonObject, operations: readonly JsonObject[]): unknown {
  const root = toMap(document) as Map<string, unknown>;
  for (const { op, path, value } of operations) {
    const names = (path as string)
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = names.pop()!;
    const parent = names.reduce((map, name) => map.get(name) as Map<string, unknown>, root);
    expect(parent.has(last)).toBe(op !== "add");
    if (op === "remove") parent.delete(last);
    else parent.set(last, toMap(value!));
  }
  return fromMap(root);
}

function toMap(value: JsonValue): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return new Map(Object.entries(value).map(([name, inner]) => [name, toMap(inner)]));
}

function fromMap(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([name, inner]) => [name as string, fromMap(inner)]));
}
