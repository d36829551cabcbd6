import { describe, expect, test } from "vitest";
import { planSettings } from "./plan-settings.ts";
import { settingsOf } from "./settings.ts";

const claim = (id: string, content: Record<string, string | number | object>) => ({
  id,
  settings: settingsOf(
    Object.fromEntries(
      Object.entries(content).map(([path, value]) => [
        path === "" ? "properties.desired" : `properties.desired.${path}`,
        value as never,
      ]),
    ),
  ),
});
const plan = (
  values: object,
  claims: ReturnType<typeof claim>[],
  former: ReturnType<typeof claim>[] = [],
  sizeMax = 1000,
) =>
  planSettings(values as never, {
    claims,
    former: former.flatMap(({ settings }) => settings),
    sizeMax,
  });

describe("what configurations make of a twin", () => {
  test("is what the first wants at each place, and what others want beside it", () => {
    const claims = [claim("high", { a: 1 }), claim("low", { a: 2, b: 2 }), claim("lost", { b: 3 })];
    const { values, applied } = plan({ mine: 0 }, claims);
    expect(values).toEqual({ mine: 0, a: 1, b: 2 });
    expect([...applied]).toEqual(["high", "low"]);
  });

  test("lets a narrow place of a high one stand in a wide one of a low one, not the reverse", () => {
    const narrow = claim("narrow", { "a.b": 1 });
    const wide = claim("wide", { a: { b: 2, c: 2 } });
    expect(plan({}, [narrow, wide])).toMatchObject({
      values: { a: { b: 1, c: 2 } },
      applied: new Set(["narrow", "wide"]),
    });
    expect(plan({}, [wide, narrow])).toMatchObject({
      values: { a: { b: 2, c: 2 } },
      applied: new Set(["wide"]),
    });
  });

  test("takes back what nobody wants any more, and leaves what others wrote", () => {
    const [gone, stays] = [claim("gone", { a: 1, "b.x": 1 }), claim("stays", { a: 2 })];
    const values = { a: 1, b: { x: 1, theirs: 1 }, theirs: 1 };
    expect(plan(values, [stays], [gone, stays]).values).toEqual({
      a: 2,
      b: { theirs: 1 },
      theirs: 1,
    });
    expect(plan(values, [], [gone]).values).toEqual({ b: { theirs: 1 }, theirs: 1 });
  });

  test("leaves those behind that find no room, the last one first", () => {
    const claims = [claim("first", { a: "x".repeat(10) }), claim("second", { b: "x".repeat(10) })];
    expect(plan({}, claims, [], 25)).toMatchObject({ isWhole: true });
    expect(plan({}, claims, [], 15)).toMatchObject({
      values: { a: "x".repeat(10) },
      applied: new Set(["first"]),
      isWhole: false,
    });
    expect(plan({}, claims, [], 5)).toMatchObject({ values: {}, applied: new Set() });
  });
});
