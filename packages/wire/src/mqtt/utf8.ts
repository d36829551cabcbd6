// A byte order mark is an ordinary character in MQTT. [MQTT-1.5.3-3]
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ASCII_BYTES_AT_ONCE = 1024;

/** Undefined for what is not UTF-8, surrogates included, and for U+0000. [MQTT-1.5.3-1] [MQTT-1.5.3-2] */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  let isAscii = end - start <= ASCII_BYTES_AT_ONCE;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0) return undefined;
    if (byte >= 0x80) isAscii = false;
  }
  const text = bytes.subarray(start, end);
  if (isAscii) return String.fromCharCode(...text);
  try {
    return decoder.decode(text);
  } catch {
    return undefined;
  }
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
