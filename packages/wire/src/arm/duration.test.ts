import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["PT1H", 3_600_000],
  ["PT60M", 3_600_000],
  ["P1DT1M", 86_460_000],
  ["P2D", 172_800_000],
  ["1:00:00", 3_600_000],
  ["00:01:30", 90_000],
])("%s is %i ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "P", "PT", "1h", "PT1.5H", "-PT1H", "P1M", "PT1H2H"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("whatever is written is read again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});
