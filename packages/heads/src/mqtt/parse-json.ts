import type { JsonValue } from "@larimar/domain";
import { decodeUtf8 } from "@larimar/wire";

/** Undefined for bytes that are no UTF-8 or no JSON. */
export function parseJson(bytes: Uint8Array): JsonValue | undefined {
  const text = decodeUtf8(bytes, 0, bytes.length);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
