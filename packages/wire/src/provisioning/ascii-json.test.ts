import fc from "fast-check";
import { expect, test } from "vitest";
import { asciiJson } from "./ascii-json.ts";

test("JSON in ASCII says the same as any other", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = asciiJson(value);
      expect(text).toMatch(/^[ -~]*$/);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("characters of two words are two escapes", () => {
  expect(asciiJson({ note: "é😀" })).toBe(String.raw`{"note":"\u00e9\ud83d\ude00"}`);
});
