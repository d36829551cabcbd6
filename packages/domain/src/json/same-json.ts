import type { JsonValue } from "./json-value.ts";
import { isJsonObject } from "./json-value.ts";

/** Whatever the order of keys. */
export function isSameJson(a: JsonValue, b: JsonValue): boolean {
  if (isJsonObject(a) && isJsonObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && isSameJson(a[key]!, b[key]!))
    );
  }
  return isArray(a) && isArray(b)
    ? a.length === b.length && a.every((item, index) => isSameJson(item, b[index] ?? null))
    : a === b;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
