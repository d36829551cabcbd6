import { AmqpDecodeError } from "./amqp-value.ts";

const PLAIN_LENGTH_MAX = 48;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Short plain texts, the usual case, need no decoder. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= PLAIN_LENGTH_MAX) {
    let text = "";
    let at = start;
    for (; at < end; at++) {
      const code = bytes[at]!;
      if (code >= 0x80) break;
      text += String.fromCharCode(code);
    }
    if (at === end) return text;
  }
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    throw new AmqpDecodeError("A text is not valid UTF-8");
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function uuidText(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
    text += HEX[bytes[at + i]!];
  }
  return text;
}
