import { describe, expect, test } from "vitest";
import { linkedHub, TestLinkedHubs } from "../fixtures/test-provisioning.fixture.ts";
import { ManualClock } from "../../fixtures/manual-clock.fixture.ts";
import { createTestHub } from "../../fixtures/test-hub.fixture.ts";
import { nearestHubs } from "./nearest-hubs.ts";

const candidates = ["a", "b", "c"].map((name) => linkedHub(name));

function near(latencies: Record<string, number>, current?: string) {
  const hubs = new TestLinkedHubs(new ManualClock());
  for (const { hostName } of candidates) hubs.hubs.set(hostName, createTestHub());
  for (const [name, ms] of Object.entries(latencies)) hubs.latencies.set(name, ms);
  const found = nearestHubs(candidates, current, hubs);
  return {
    kept: found.kept?.hostName,
    candidates: found.candidates.map(({ hostName }) => hostName),
  };
}

describe("the nearest hubs", () => {
  test("are those that answer about as soon as the first", () => {
    expect(near({ a: 80, b: 10, c: 14 }).candidates).toEqual(["b", "c"]);
  });

  test("are all of them while nothing is known", () => {
    expect(near({}).candidates).toEqual(["a", "b", "c"]);
  });

  test("do not include one that was never heard of beside one that answers", () => {
    expect(near({ a: 80 }).candidates).toEqual(["a"]);
  });

  test("let a device stay that would gain little by moving", () => {
    expect(near({ a: 28, b: 10 }, "A").kept).toBe("a");
  });

  test("do not hold a device that would gain much", () => {
    expect(near({ a: 80, b: 10 }, "a").kept).toBeUndefined();
  });
});
