import { isJsonObject, member } from "../../json/json-value.ts";
import type { JsonValue } from "../../json/json-value.ts";

export type PathStep = string | number;

const KEY = /^([^()<>@,;:\\"/[\]?={}.\s]+)(?:\[([0-9]+)\])?$/;

/** `key`, `key[0].other`: keys parted by dots, each with at most one index. Undefined for anything else. */
export function parsePath(text: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  for (const part of text.split(".")) {
    const match = KEY.exec(part);
    if (match === null) return undefined;
    steps.push(match[1]!);
    if (match[2] !== undefined) steps.push(Number(match[2]));
  }
  return steps;
}

export function follow(
  from: JsonValue | undefined,
  steps: readonly PathStep[],
  find: (object: JsonValue, key: string) => JsonValue | undefined = exactMember,
): JsonValue | undefined {
  let at = from;
  for (const step of steps) {
    if (at === undefined) return undefined;
    at = typeof step === "number" ? element(at, step) : find(at, step);
  }
  return at;
}

function element(list: JsonValue, index: number): JsonValue | undefined {
  return Array.isArray(list) ? (list as readonly JsonValue[])[index] : undefined;
}

function exactMember(object: JsonValue, key: string): JsonValue | undefined {
  return isJsonObject(object) ? member(object, key) : undefined;
}

/** Keys of twins are looked up as written first, then whatever their case. */
export function twinMember(object: JsonValue, key: string): JsonValue | undefined {
  if (!isJsonObject(object)) return undefined;
  const exact = member(object, key);
  if (exact !== undefined) return exact;
  const lowered = key.toLowerCase();
  const other = Object.keys(object).find((name) => name.toLowerCase() === lowered);
  return other === undefined ? undefined : member(object, other);
}
