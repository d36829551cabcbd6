import type { JsonValue } from "@larimar/domain";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Undefined for bytes that are no UTF-8 or no JSON. */
export function parseJson(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(utf8.decode(bytes)) as JsonValue;
  } catch {
    return undefined;
  }
}
