import { describe, expect, test } from "vitest";
import { formatTimestamp } from "./timestamps.ts";

describe("a timestamp", () => {
  test("of something that never happened is the first instant there is", () => {
    expect(formatTimestamp(0)).toBe("0001-01-01T00:00:00Z");
  });

  test("is ISO 8601 in UTC", () => {
    expect(formatTimestamp(Date.UTC(2030, 0, 2, 3, 4, 5, 6))).toBe("2030-01-02T03:04:05.006Z");
  });
});
