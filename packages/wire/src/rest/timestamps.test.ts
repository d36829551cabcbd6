import { expect, test } from "vitest";
import { formatTrackingTime } from "./timestamps.ts";

test("a timestamp of an error's tracking id has the month first", () => {
  expect(formatTrackingTime(Date.UTC(2030, 0, 2, 3, 4, 5, 6))).toBe("01/02/2030 03:04:05");
});
