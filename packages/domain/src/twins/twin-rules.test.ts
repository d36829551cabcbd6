import { expect, test } from "vitest";
import { TAGS_LIMITS, checkPatch, sizeOf } from "./twin-rules.ts";

const codes = Array.from({ length: 0x300 }, (_, code) => code);
const controls = codes.filter((code) => code <= 0x1f || (code >= 0x7f && code <= 0x9f));

function isRefused(key: string): boolean {
  try {
    checkPatch("tags", { [key]: 1 }, TAGS_LIMITS);
    return false;
  } catch {
    return true;
  }
}

test("keys have no control characters, spaces, dots and dollar signs", () => {
  const refused = codes.filter((code) => isRefused(`a${String.fromCharCode(code)}b`));
  const others = [" ", "$", "."].map((character) => character.charCodeAt(0));
  expect(refused).toEqual([...controls, ...others].toSorted((a, b) => a - b));
});

test("control characters do not count in texts, all others do", () => {
  const uncounted = codes.filter((code) => sizeOf(`a${String.fromCharCode(code)}b`) === 2);
  expect(uncounted).toEqual(controls);
  // As the original service does, in UTF-16.
  expect(sizeOf("😀")).toBe(2);
});

test("keys count, and texts, numbers and truth values by their kind", () => {
  expect(sizeOf({ ab: "xyz", n: 1, b: true, gone: null, list: [1, "a"] })).toBe(
    2 + 3 + (1 + 8) + (1 + 4) + 4 + (4 + 8 + 1),
  );
});
