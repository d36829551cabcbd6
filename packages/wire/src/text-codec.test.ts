import { expect, test } from "vitest";
import { textCodec } from "./text-codec.ts";

test.each([
  ["utf-8", Buffer.from("päckchen 📦")],
  ["utf-16", Buffer.from("päckchen 📦", "utf16le")],
  ["utf-16", Buffer.from("\ufeffpäckchen 📦", "utf16le").swap16()],
  ["utf-32", utf32("päckchen 📦", true)],
  ["utf-32", utf32("\ufeffpäckchen 📦", false)],
] as const)("text is read in %s, by its byte order mark where there is one", (encoding, bytes) => {
  expect(textCodec.decode(bytes, encoding)).toBe("päckchen 📦");
});

test.each([
  ["utf-8", Uint8Array.of(0xff, 0xfe, 0x41)],
  ["utf-16", Uint8Array.of(0x41)],
  ["utf-32", Uint8Array.of(0x41, 0, 0)],
  ["utf-32", Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
] as const)("what is no text in %s is none", (encoding, bytes) => {
  expect(textCodec.decode(bytes, encoding)).toBeUndefined();
});

test("text is written as UTF-8", () => {
  expect(Buffer.from(textCodec.encode("é")).toString("hex")).toBe("c3a9");
});

function utf32(text: string, isLittleEndian: boolean): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0)!);
  const bytes = Buffer.alloc(points.length * 4);
  points.forEach((point, i) => {
    if (isLittleEndian) bytes.writeUInt32LE(point, i * 4);
    else bytes.writeUInt32BE(point, i * 4);
  });
  return bytes;
}
