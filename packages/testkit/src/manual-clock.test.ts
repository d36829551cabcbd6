import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

test("a manual clock runs what falls due, in order, at its own time", () => {
  const clock = new ManualClock(1000);
  const ran: [string, number][] = [];
  const note = (name: string) => () => ran.push([name, clock.now()]);
  clock.after(20, note("second"));
  clock.after(10, () => {
    note("first")();
    clock.after(5, note("set on the way"));
  });
  clock.after(30, note("later"));
  clock.after(15, note("cancelled")).cancel();
  clock.advance(20);
  expect(ran).toEqual([
    ["first", 1010],
    ["set on the way", 1015],
    ["second", 1020],
  ]);
  expect(clock.now()).toBe(1020);
});
