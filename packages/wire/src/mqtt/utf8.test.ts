import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8 } from "./utf8.ts";

const decode = (bytes: Uint8Array): string | undefined => decodeUtf8(bytes, 0, bytes.length);

test("every text without U+0000 comes back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 3000 }), (text) => {
      fc.pre(!text.includes("\0"));
      expect(decode(new TextEncoder().encode(text))).toBe(text);
    }),
  );
});

test("agrees with the platform about what is UTF-8", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const isText = Buffer.from(Buffer.from(bytes).toString("utf8")).equals(bytes);
      expect(decode(bytes) !== undefined).toBe(isText && !bytes.includes(0));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["a surrogate", "eda080"],
  ["an overlong encoding", "c080"],
  ["U+0000", "610062"],
  ["a cut sequence", "e282"],
  ["a byte that never occurs", "ff"],
])("refuses %s, and reads the next text rightly", (_, hex) => {
  expect(decode(Buffer.from(hex, "hex"))).toBeUndefined();
  expect(decode(Buffer.from("zażółć"))).toBe("zażółć");
});

test("keeps a byte order mark", () => {
  expect(decode(Buffer.from("efbbbf61", "hex"))).toBe("\u{feff}a");
});
