import { HubError } from "../errors/hub-error.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject } from "../json/json-value.ts";

export interface SectionLimits {
  readonly sizeMax: number;
  readonly depthMax: number;
  readonly keyLengthMax: number;
  readonly stringLengthMax: number;
}

const COMMON = { depthMax: 10, keyLengthMax: 1024, stringLengthMax: 4096 };

export const TAGS_LIMITS: SectionLimits = { ...COMMON, sizeMax: 8 * 1024 };
export const PROPERTIES_LIMITS: SectionLimits = { ...COMMON, sizeMax: 32 * 1024 };

const INTEGER_MIN = -4_503_599_627_370_496;
const INTEGER_MAX = 4_503_599_627_370_495;

const FORBIDDEN_IN_KEYS = /[\p{Control}.$ ]/u;
const CONTROL_CHARACTERS = /\p{Control}/gu;

/** Throws `ArgumentInvalid` with the path of what breaks the rules. (protocol reference: limits 5) */
export function checkPatch(section: string, patch: JsonObject, limits: SectionLimits): void {
  checkObject(patch, section, 1, limits);
}

/** A section may not grow beyond its limit; one that is too big already may shrink. */
export function checkSize(
  section: string,
  before: JsonObject,
  after: JsonObject,
  limits: SectionLimits,
): void {
  const size = sizeOf(after);
  if (size > limits.sizeMax && size > sizeOf(before)) {
    throw new HubError(
      "TwinTooLarge",
      `${section} would have ${size} bytes, more than ${limits.sizeMax}`,
      { section, size },
    );
  }
}

/** Keys and texts count their characters, numbers 8, booleans 4. */
export function sizeOf(value: JsonValue): number {
  if (value === null) return 0;
  if (typeof value === "string") return value.replace(CONTROL_CHARACTERS, "").length;
  if (typeof value === "number") return 8;
  if (typeof value === "boolean") return 4;
  if (!isJsonObject(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 0);
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + sizeOf(item), 0);
}

function checkObject(object: JsonObject, path: string, depth: number, limits: SectionLimits): void {
  for (const [key, value] of Object.entries(object)) {
    checkKey(key, path, limits);
    checkValue(value, `${path}.${key}`, depth, limits);
  }
}

function checkKey(key: string, path: string, limits: SectionLimits): void {
  if (key.length === 0 || key.length > limits.keyLengthMax) {
    throw invalid(
      `A key in ${path} has ${key.length} characters; 1 to ${limits.keyLengthMax} are allowed`,
    );
  }
  if (FORBIDDEN_IN_KEYS.test(key)) {
    throw invalid(`A key in ${path} contains a control character, a space, '.' or '$'`);
  }
}

function checkValue(value: JsonValue, path: string, depth: number, limits: SectionLimits): void {
  if (typeof value === "string" && value.length > limits.stringLengthMax) {
    throw invalid(`${path} has more than ${limits.stringLengthMax} characters`);
  }
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    (value < INTEGER_MIN || value > INTEGER_MAX)
  ) {
    throw invalid(`${path} is an integer outside ±2^52`);
  }
  if (typeof value !== "object" || value === null) return;
  if (depth > limits.depthMax)
    throw invalid(`${path} is nested deeper than ${limits.depthMax} levels`);
  if (isJsonObject(value)) checkObject(value, path, depth + 1, limits);
  else for (const item of value) checkValue(item, path, depth + 1, limits);
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}
