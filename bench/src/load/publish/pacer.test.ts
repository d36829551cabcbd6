import { expect, test } from "vitest";
import { OpenLoop } from "./pacer.ts";

const pacer = new OpenLoop({ firstDueMs: 1000, endMs: 2000, lanes: 3, ratePerSecond: 100 });

test("messages fall due one after the other, dealt to the lanes in turn", () => {
  const sentByNow = (nowMs: number) =>
    [0, 1, 2].map((index) => pacer.dueCount({ index, sent: 0 }, nowMs));
  expect(sentByNow(999)).toEqual([0, 0, 0]);
  expect(sentByNow(1000)).toEqual([1, 0, 0]);
  expect(sentByNow(1010)).toEqual([1, 1, 0]);
  expect(sentByNow(1039)).toEqual([2, 1, 1]);
  expect(pacer.startMs({ index: 0 }, 1)).toBe(1030);
});

test("a message that could not leave keeps the moment it was due", () => {
  expect(pacer.dueCount({ index: 1, sent: 0 }, 1500)).toBe(17);
  expect(pacer.startMs({ index: 1 }, 0)).toBe(1010);
});

test("nothing falls due after the end, and nothing that was due is forgotten", () => {
  expect(pacer.dueTotal(5000)).toBe(pacer.dueTotal(2000));
  expect(pacer.dueCount({ index: 0, sent: 34 }, 5000)).toBe(0);
  expect(pacer.dueCount({ index: 0, sent: 30 }, 5000)).toBe(4);
});
