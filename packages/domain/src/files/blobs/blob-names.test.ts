import { describe, expect, test } from "vitest";
import { BLOB_NAME_LENGTH_MAX, isBlobName, isContainerName } from "./blob-names.ts";

describe("a blob's name", () => {
  test.each(["a", "d1/2026/log.txt", "Grüße 1.txt", "…", "a b", ".hidden", "x".repeat(1024)])(
    "may be %j",
    (name) => {
      expect(isBlobName(name)).toBe(true);
    },
  );

  test.each(["", "/a", "a/", "a//b", ".", "a/../b", "a\\..\\b", "\ud800", "a\ud800b"])(
    "may not be %j",
    (name) => {
      expect(isBlobName(name)).toBe(false);
    },
  );

  test("has no control characters, the upper ones included", () => {
    const codes = Array.from({ length: 0x300 }, (_, code) => code);
    const refused = codes.filter((code) => !isBlobName(`a${String.fromCharCode(code)}b`));
    const controls = codes.filter((code) => code <= 0x1f || (code >= 0x7f && code <= 0x9f));
    expect(refused).toEqual(controls);
  });

  test("is not too long", () => {
    expect(isBlobName("x".repeat(BLOB_NAME_LENGTH_MAX + 1))).toBe(false);
  });
});

test.each([
  ["abc", true],
  ["a-b-1", true],
  ["x".repeat(63), true],
  ["ab", false],
  ["x".repeat(64), false],
  ["Abc", false],
  ["a--b", false],
  ["-abc", false],
  ["abc-", false],
])("whether %j is a container's name: %j", (name, isOne) => {
  expect(isContainerName(name)).toBe(isOne);
});
