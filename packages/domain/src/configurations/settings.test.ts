import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyPatch } from "../twins/apply-patch.ts";
import type { JsonObject } from "../json/json-value.ts";
import { parseSettingPath, patchBetween, removeAt, setAt, settingsOf } from "./settings.ts";
import { isSameJson } from "../json/same-json.ts";

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant([1, "x"]));
const key = fc.constantFrom("a", "b", "c", "__proto__");
const { object } = fc.letrec<{ object: JsonObject; value: JsonObject }>((tie) => ({
  object: fc
    .array(fc.tuple(key, fc.oneof(leaf, tie("value"))), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as JsonObject),
  value: fc.oneof({ depthSize: "small" }, tie("object")),
}));

describe("settings", () => {
  test("are places in the desired properties, and nothing else", () => {
    expect(parseSettingPath("properties.desired")).toEqual([]);
    expect(parseSettingPath("properties.desired.a.b")).toEqual(["a", "b"]);
    for (const other of ["tags.a", "properties.reported.a", "properties.desiredA", "a"]) {
      expect(parseSettingPath(other)).toBeUndefined();
    }
  });

  test("come wider ones first, without members that have no value", () => {
    const content = { "properties.desired.a.b": 1, "properties.desired.a": { c: null, d: 2 } };
    expect(settingsOf(content)).toEqual([
      { path: ["a"], value: { d: 2 } },
      { path: ["a", "b"], value: 1 },
    ]);
  });

  test("replace what is at their place and leave the rest", () => {
    const values = { a: { b: { old: 1 }, x: 1 }, y: 2 };
    expect(setAt(values, { path: ["a", "b"], value: { new: 1 } })).toEqual({
      a: { b: { new: 1 }, x: 1 },
      y: 2,
    });
    expect(setAt(values, { path: ["y", "z"], value: 1 })).toMatchObject({ y: { z: 1 } });
    expect(setAt(values, { path: ["a", "b"], value: null })).toEqual({ a: { x: 1 }, y: 2 });
    expect(setAt(values, { path: ["n", "m"], value: null })).toEqual(values);
    expect(setAt(values, { path: [], value: { z: 1 } })).toEqual({ z: 1 });
  });

  test("go with the objects that they alone had filled", () => {
    const remove = (values: JsonObject, ...path: string[]) => removeAt(values, { path, value: 1 });
    expect(remove({ a: { b: { c: 1 } }, x: 1 }, "a", "b", "c")).toEqual({ x: 1 });
    expect(remove({ a: { b: 1, other: 2 } }, "a", "b")).toEqual({ a: { other: 2 } });
    expect(remove({ a: 1 }, "a", "b")).toEqual({ a: 1 });
    expect(remove({ a: 1 }, "b")).toEqual({ a: 1 });
    const all = { path: [], value: { brought: 1 } };
    expect(removeAt({ brought: 2, other: 3 }, all)).toEqual({ other: 3 });
  });

  test("any values become any others by the patch between them", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const patch = patchBetween(before, after);
        expect(patch === undefined).toBe(isSameJson(before, after));
        const section = { values: before, metadata: {}, version: 1 };
        const { values } = applyPatch(section, patch ?? {}, { nowMs: 0, stampsVersion: true });
        expect(isSameJson(values, after)).toBe(true);
      }),
    );
  });

  test("what is set can be read, and is gone when it is removed", () => {
    const path = fc.array(key, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(object, path, fc.integer(), (values, at, value) => {
        const set = setAt(values, { path: at, value });
        let read: unknown = set;
        for (const step of at) read = Object.getOwnPropertyDescriptor(read, step)?.value;
        expect(read).toBe(value);
        const removed = removeAt(set, { path: at, value });
        expect(isSameJson(removeAt(removed, { path: at, value }), removed)).toBe(true);
      }),
    );
  });
});
