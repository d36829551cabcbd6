import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import { applyPatch, mergeTags } from "./apply-patch.ts";
import { createTwin } from "./twin.ts";

const options = { nowMs: Date.UTC(2030, 0, 1), stampsVersion: true };
const empty = createTwin({ deviceId: "d" }, 0).desired;

const anyKey = fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor"), fc.string());
const { value: anyValue } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  object: fc.dictionary(anyKey, tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.array(fc.integer(), { maxLength: 3 }),
    tie("object"),
  ),
}));
const anyPatch = anyValue.filter((value): value is JsonObject => isJsonObject(value));

describe("a patch", () => {
  test("merges objects, replaces the rest and deletes what is null", () => {
    const before = applyPatch(empty, { a: { b: 1, c: 2 }, d: [1], e: "x" }, options);
    const after = applyPatch(before, { a: { b: null, f: 3 }, d: [2, 3], e: { g: 1 } }, options);
    expect(after.values).toEqual({ a: { c: 2, f: 3 }, d: [2, 3], e: { g: 1 } });
    expect(after.version).toBe(3);
  });

  test("stamps every level it touches and no other", () => {
    const before = applyPatch(empty, { a: { b: 1, c: 2 } }, options);
    const later = { ...options, nowMs: options.nowMs + 1000 };
    const after = applyPatch(before, { a: { b: 5 } }, later);
    const stamp = { $lastUpdated: "2030-01-01T00:00:01.000Z", $lastUpdatedVersion: 3 };
    const earlier = { $lastUpdated: "2030-01-01T00:00:00.000Z", $lastUpdatedVersion: 2 };
    expect(after.metadata).toEqual({ ...stamp, a: { ...stamp, b: stamp, c: earlier } });
  });

  test("can be applied twice with the same values as once", () => {
    fc.assert(
      fc.property(anyPatch, anyPatch, (first, patch) => {
        const base = mergeTags({}, first);
        const once = mergeTags(base, patch);
        expect(mergeTags(once, patch)).toEqual(once);
      }),
    );
  });

  test("lets every leaf that it sets be read back, whatever its key", () => {
    fc.assert(
      fc.property(anyPatch, anyPatch, (first, patch) => {
        expectApplied(mergeTags(mergeTags({}, first), patch), patch);
      }),
    );
  });

  test("keeps values and metadata in step", () => {
    fc.assert(
      fc.property(anyPatch, anyPatch, (first, second) => {
        const section = applyPatch(applyPatch(empty, first, options), second, options);
        expectSameKeys(section.values, section.metadata);
      }),
    );
  });
});

function expectApplied(result: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    const actual = member(result, key);
    if (value === null) expect(actual).toBeUndefined();
    else if (isJsonObject(value)) expectApplied(actual as JsonObject, value);
    else expect(actual).toEqual(value);
  }
}

function expectSameKeys(values: JsonObject, metadata: JsonObject): void {
  const isStamp = (key: string) => key === "$lastUpdated" || key === "$lastUpdatedVersion";
  const keys = Object.keys(metadata).filter((key) => !isStamp(key));
  expect(keys.toSorted()).toEqual(
    Object.keys(values)
      .filter((key) => !isStamp(key))
      .toSorted(),
  );
  for (const key of keys) {
    const value = member(values, key);
    if (isJsonObject(value)) expectSameKeys(value, member(metadata, key) as JsonObject);
  }
}
