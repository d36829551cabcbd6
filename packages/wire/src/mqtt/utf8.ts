// A byte order mark is an ordinary character in MQTT. [MQTT-1.5.3-3]
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Undefined for what is not UTF-8, surrogates included, and for U+0000. [MQTT-1.5.3-1] [MQTT-1.5.3-2] */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    const text = decoder.decode(bytes.subarray(start, end));
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
