import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, jsonObject, member } from "../json/json-value.ts";
import { isSameJson } from "../json/same-json.ts";

/** A place in the desired properties and what is to be there; null for nothing. */
export interface Setting {
  /** Empty for all of them. */
  readonly path: readonly string[];
  readonly value: JsonValue;
}

const DESIRED = "properties.desired";

/** Undefined for what is no place in the desired properties. */
export function parseSettingPath(key: string): readonly string[] | undefined {
  if (key === DESIRED) return [];
  if (!key.startsWith(`${DESIRED}.`)) return undefined;
  return key.slice(DESIRED.length + 1).split(".");
}

/** Of content that was checked; wider settings come before what they contain. */
export function settingsOf(content: JsonObject): readonly Setting[] {
  return Object.entries(content)
    .flatMap(([key, value]) => {
      const path = parseSettingPath(key);
      return path === undefined ? [] : [{ path, value: withoutNulls(value) }];
    })
    .toSorted((a, b) => a.path.length - b.path.length);
}

/** The values with this one at its place; what was there before is gone. */
export function setAt(values: JsonObject, { path, value }: Setting): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return isJsonObject(value) ? value : {};
  const others = Object.entries(values).filter(([name]) => name !== key);
  if (rest.length === 0) return jsonObject(value === null ? others : [...others, [key, value]]);
  const inner = member(values, key);
  if (value === null && !isJsonObject(inner)) return values;
  return jsonObject([
    ...others,
    [key, setAt(isJsonObject(inner) ? inner : {}, { path: rest, value })],
  ]);
}

/** Without the setting; objects that it alone had filled go with it. Of all values, only those it brought. */
export function removeAt(values: JsonObject, { path, value }: Setting): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) {
    const brought = isJsonObject(value) ? value : {};
    return jsonObject(Object.entries(values).filter(([name]) => !Object.hasOwn(brought, name)));
  }
  const inner = member(values, key);
  if (inner === undefined) return values;
  const others = Object.entries(values).filter(([name]) => name !== key);
  if (rest.length === 0) return jsonObject(others);
  if (!isJsonObject(inner)) return values;
  const left = removeAt(inner, { path: rest, value });
  const isEmptied = Object.keys(left).length === 0 && Object.keys(inner).length > 0;
  return jsonObject(isEmptied ? others : [...others, [key, left]]);
}

/** What makes one of the other when it is merged; undefined when they are the same. */
export function patchBetween(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const changes: [string, JsonValue][] = [];
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) changes.push([key, null]);
  }
  for (const [key, value] of Object.entries(after)) {
    const old = member(before, key);
    if (isJsonObject(old) && isJsonObject(value)) {
      const inner = patchBetween(old, value);
      if (inner !== undefined) changes.push([key, inner]);
    } else if (old === undefined || !isSameJson(old, value)) {
      changes.push([key, value]);
    }
  }
  return changes.length === 0 ? undefined : jsonObject(changes);
}

/** A twin keeps no members without a value. */
function withoutNulls(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return jsonObject(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)] as const),
  );
}
