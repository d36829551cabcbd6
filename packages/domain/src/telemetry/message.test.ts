import fc from "fast-check";
import { expect, test } from "vitest";
import { messageProperties } from "./message.ts";

const utf8 = new TextEncoder();

test("texts count their bytes in UTF-8, whatever characters they are made of", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (key, value) => {
      const { sizeBytes } = messageProperties({ messageId: value }, new Map([[key, value]]));
      const lengthOf = (text: string) => utf8.encode(text).length;
      expect(sizeBytes).toBe(lengthOf(key) + 2 * lengthOf(value));
    }),
  );
});

test("half a character counts as the one that replaces it", () => {
  for (const text of ["\ud83d", "a\udc00b", "\ud83d\ud83d\ude00"]) {
    expect(messageProperties({ to: text }, new Map()).sizeBytes).toBe(utf8.encode(text).length);
  }
});

test("values that are no texts count eight bytes, what is absent nothing", () => {
  const application = new Map<string, boolean | number>([
    ["a", 1],
    ["b", true],
  ]);
  expect(messageProperties({ expiresAtMs: 1 }, application).sizeBytes).toBe(26);
});
