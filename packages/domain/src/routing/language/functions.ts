import type { JsonValue } from "../../json/json-value.ts";
import { isJsonObject } from "../../json/json-value.ts";
import type { StaticType, Value } from "./value.ts";

type Parameter = "number" | "string" | "stringOrNumber" | "any";

/** An argument as a function sees it; `json` is there for what came out of a document. */
export interface Argument {
  readonly value: Value;
  readonly json: JsonValue | undefined;
}

export interface RoutingFunction {
  readonly parameters: readonly Parameter[];
  /** How many of the parameters may be left out, from the end. */
  readonly optional?: number;
  /** More arguments like the last parameter may follow. */
  readonly isVariadic?: boolean;
  readonly result: StaticType;
  readonly apply: (args: readonly Argument[]) => Value;
}

/** (protocol reference: routing 5.2) */
export const FUNCTIONS: ReadonlyMap<string, RoutingFunction> = new Map<string, RoutingFunction>([
  ["ABS", ofNumber(Math.abs)],
  ["CEILING", ofNumber(Math.ceil)],
  ["EXP", ofNumber(Math.exp)],
  ["FLOOR", ofNumber(Math.floor)],
  ["SIGN", ofNumber(Math.sign)],
  ["SQRT", ofNumber(Math.sqrt)],
  ["SQUARE", ofNumber((x) => x * x)],
  [
    "POWER",
    {
      parameters: ["number", "number"],
      result: "number",
      apply: ([x, y]) =>
        typeof x?.value === "number" && typeof y?.value === "number"
          ? x.value ** y.value
          : undefined,
    },
  ],
  [
    "AS_NUMBER",
    { parameters: ["stringOrNumber"], result: "number", apply: ([x]) => asNumber(x?.value) },
  ],
  ["IS_BOOL", ofAny(({ value }) => typeof value === "boolean")],
  ["IS_NUMBER", ofAny(({ value }) => typeof value === "number" && Number.isFinite(value))],
  ["IS_STRING", ofAny(({ value }) => typeof value === "string")],
  ["IS_NULL", ofAny(({ value }) => value === null)],
  ["IS_DEFINED", ofAny(({ value }) => value !== undefined)],
  ["IS_ARRAY", ofAny(({ json }) => Array.isArray(json))],
  ["IS_OBJECT", ofAny(({ json }) => isJsonObject(json))],
  ["IS_PRIMITIVE", ofAny(({ value }) => value !== undefined)],
  [
    "CONCAT",
    {
      parameters: ["string", "string"],
      isVariadic: true,
      result: "string",
      apply: (args) => concatenate(args.map(({ value }) => value)),
    },
  ],
  ["LENGTH", ofString("number", (text) => text.length)],
  ["LOWER", ofString("string", (text) => text.toLowerCase())],
  ["UPPER", ofString("string", (text) => text.toUpperCase())],
  [
    "SUBSTRING",
    {
      parameters: ["string", "number", "number"],
      optional: 1,
      result: "string",
      apply: ([text, start, length]) => substring(text?.value, start?.value, length),
    },
  ],
  ["INDEX_OF", ofStrings("number", (text, part) => text.indexOf(part))],
  ["STARTS_WITH", ofStrings("bool", (text, part) => text.startsWith(part))],
  ["ENDS_WITH", ofStrings("bool", (text, part) => text.endsWith(part))],
  ["CONTAINS", ofStrings("bool", (text, part) => text.includes(part))],
]);

/** Undefined once any part is neither a string nor null, which counts as empty. */
export function concatenate(parts: readonly Value[]): Value {
  let text = "";
  for (const part of parts) {
    if (part === null) continue;
    if (typeof part !== "string") return undefined;
    text += part;
  }
  return text;
}

function ofNumber(apply: (x: number) => number): RoutingFunction {
  return {
    parameters: ["number"],
    result: "number",
    apply: ([x]) => (typeof x?.value === "number" ? apply(x.value) : undefined),
  };
}

function ofAny(apply: (argument: Argument) => boolean): RoutingFunction {
  return { parameters: ["any"], result: "bool", apply: ([argument]) => apply(argument!) };
}

function ofString(result: StaticType, apply: (text: string) => Value): RoutingFunction {
  return {
    parameters: ["string"],
    result,
    apply: ([text]) => (typeof text?.value === "string" ? apply(text.value) : undefined),
  };
}

function ofStrings(
  result: StaticType,
  apply: (text: string, part: string) => Value,
): RoutingFunction {
  return {
    parameters: ["string", "string"],
    result,
    apply: ([text, part]) =>
      typeof text?.value === "string" && typeof part?.value === "string"
        ? apply(text.value, part.value)
        : undefined,
  };
}

/** A sign on one side, thousands commas, a decimal point, an exponent. */
const NUMBER = /^([+-]?)((?:[0-9][0-9,]*)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)([+-]?)$/;

function asNumber(value: Value): Value {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const match = NUMBER.exec(value.trim());
  if (match === null) return undefined;
  const [, before, digits, after] = match;
  if (before !== "" && after !== "") return undefined;
  if (!/^\.?[0-9]/.test(digits!)) return undefined;
  const magnitude = Number(digits!.replaceAll(",", ""));
  return before === "-" || after === "-" ? -magnitude : magnitude;
}

function substring(text: Value, startValue: Value, length: Argument | undefined): Value {
  if (typeof text !== "string" || typeof startValue !== "number") return undefined;
  const start = Math.trunc(startValue);
  if (length === undefined) {
    return start >= 0 && start <= text.length ? text.slice(start) : undefined;
  }
  if (typeof length.value !== "number") return undefined;
  const count = Math.trunc(length.value);
  const isInside = start >= 0 && start < text.length && count >= 0 && count <= text.length - start;
  return isInside ? text.slice(start, start + count) : undefined;
}
