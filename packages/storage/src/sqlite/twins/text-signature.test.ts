import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_SIGNATURE, signatureOf } from "./text-signature.ts";

const anyText = fc.string({ unit: "binary", maxLength: 40 });

test("a text has all bits of its parts, also of parts of characters", () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (before, part, after) => {
      const { low, high } = signatureOf(before + part + after);
      const bits = signatureOf(part);
      expect([low & bits.low, high & bits.high]).toEqual([bits.low, bits.high]);
    }),
  );
});

test("every text of three units has a bit, and no shorter one", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const hasNone = text.length < 3;
      expect(signatureOf(text).low === 0 && signatureOf(text).high === 0).toBe(hasNone);
    }),
  );
  for (const text of ["", "a", "ab", "\u{1f600}"]) expect(signatureOf(text)).toEqual(NO_SIGNATURE);
});

test("few texts have the bits of a part that they do not have", () => {
  const part = signatureOf("lot-777");
  const found = Array.from({ length: 10_000 }, (_, index) => `serial ${index}`).filter((text) => {
    const { low, high } = signatureOf(text);
    return (low & part.low) === part.low && (high & part.high) === part.high;
  });
  expect(found.length).toBeLessThan(500);
});

test("bits depend on upper and lower case, and on the order", () => {
  expect(signatureOf("abc")).not.toEqual(signatureOf("ABC"));
  expect(signatureOf("abc")).not.toEqual(signatureOf("cba"));
});
