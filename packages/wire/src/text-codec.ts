import type { TextCodec, TextEncoding } from "@larimar/domain";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** Byte order marks decide; without one, little-endian as everybody writes it. */
export const textCodec: TextCodec = {
  encode: (text) => encoder.encode(text),
  decode(bytes, encoding) {
    try {
      return decode(bytes, encoding);
    } catch {
      return undefined;
    }
  },
};

function decode(bytes: Uint8Array, encoding: TextEncoding): string {
  switch (encoding) {
    case "utf-8":
      return utf8.decode(bytes);
    case "utf-16": {
      const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
      return new TextDecoder(isBigEndian ? "utf-16be" : "utf-16le", { fatal: true }).decode(bytes);
    }
    case "utf-32":
      return decodeUtf32(bytes);
  }
}

const BYTE_ORDER_MARK = 0xfeff;

function decodeUtf32(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength % 4 !== 0) throw new RangeError("not a whole number of characters");
  const isBigEndian = bytes.byteLength > 0 && view.getUint32(0, false) === BYTE_ORDER_MARK;
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4) {
    const codePoint = view.getUint32(at, !isBigEndian);
    if (codePoint !== BYTE_ORDER_MARK || at > 0) text += String.fromCodePoint(codePoint);
  }
  return text;
}
