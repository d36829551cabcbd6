import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { weightedChoice } from "./weighted-choice.ts";

const choices = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z0-9.-]{1,20}$/),
    weight: fc.integer({ min: 1, max: 1000 }),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 10 },
);
const key = fc.stringMatching(/^[a-z0-9._:-]{1,128}$/);

describe("the weighted choice", () => {
  test("is the same whenever it is made, in whatever order the choices stand", () => {
    fc.assert(
      fc.property(key, choices, (id, hubs) => {
        expect(weightedChoice(id, hubs.toReversed())).toEqual(weightedChoice(id, hubs));
      }),
    );
  });

  test("moves only the keys of a choice that goes", () => {
    fc.assert(
      fc.property(key, choices, fc.nat(), (id, hubs, index) => {
        const before = weightedChoice(id, hubs);
        const gone = hubs[index % hubs.length];
        const after = weightedChoice(
          id,
          hubs.filter((hub) => hub !== gone),
        );
        if (before !== gone) expect(after).toEqual(before);
        else expect(after).not.toEqual(gone);
      }),
    );
  });

  test("moves keys only to a choice that comes", () => {
    fc.assert(
      fc.property(key, choices, fc.integer({ min: 1, max: 1000 }), (id, hubs, weight) => {
        const added = { name: "the new one", weight };
        const after = weightedChoice(id, [...hubs, added]);
        if (after !== added) expect(after).toEqual(weightedChoice(id, hubs));
      }),
    );
  });

  test("moves keys only towards a choice that gains weight", () => {
    fc.assert(
      fc.property(key, choices, fc.nat(), (id, hubs, index) => {
        const before = weightedChoice(id, hubs);
        const heavier = hubs.map((hub, at) =>
          at === index % hubs.length ? { ...hub, weight: hub.weight * 2 } : hub,
        );
        const after = weightedChoice(id, heavier);
        if (after?.name !== before?.name) expect(after?.name).toBe(hubs[index % hubs.length]?.name);
      }),
    );
  });

  test("gives each choice its share of the keys", () => {
    const hubs = [
      { name: "hub1.test", weight: 1 },
      { name: "hub2.test", weight: 3 },
      { name: "hub3.test", weight: 6 },
    ];
    const count = 20_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const name = weightedChoice(`device-${i}`, hubs)?.name ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const { name, weight } of hubs) {
      expect((counts.get(name) ?? 0) / count).toBeCloseTo(weight / 10, 1.7);
    }
  });

  test("is nothing among nothing", () => {
    expect(weightedChoice("d", [])).toBeUndefined();
  });
});
