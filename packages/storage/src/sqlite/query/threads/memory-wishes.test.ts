import { expect, test } from "vitest";
import { MemoryWishes } from "./memory-wishes.ts";

const level = {
  kind: "numbers",
  place: { section: "reported", keys: ["level"] },
  lastId: 10,
} as const;
const rate = { kind: "texts", place: { section: "desired", keys: ["rate"] }, lastId: 10 } as const;

test("memory is filled one column at a time, the newest wish first, for a tenth of the time", () => {
  let now = 1000;
  const wishes = new MemoryWishes(() => now);
  expect(wishes.take()).toBeUndefined();
  wishes.add(level);
  wishes.add(rate);
  expect(wishes.take()).toBe(rate);
  wishes.add(level);
  expect(wishes.take()).toBeUndefined();
  now += 20;
  wishes.done();
  now += 179;
  expect(wishes.take()).toBeUndefined();
  now += 1;
  expect(wishes.take()).toBe(level);
});
