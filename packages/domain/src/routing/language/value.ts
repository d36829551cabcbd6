import type { JsonValue } from "../../json/json-value.ts";

/** What an expression can come to: undefined is a value of its own, neither true nor false. */
export type Value = string | number | boolean | null | undefined;

/** What is known of an expression before any message has been seen. */
export type StaticType = "number" | "string" | "bool" | "null" | "undefined" | "dynamic";

/** What a condition may look at. Names of properties are compared without case. */
export interface RoutedMessage {
  application(name: string): string | undefined;
  system(name: string): string | undefined;
  /** The body, where it is said to be JSON and is an object; undefined otherwise. */
  readonly body: JsonValue | undefined;
  /** The sender's twin, as a back end reads it. */
  readonly twin: JsonValue | undefined;
}

/** Objects and arrays cannot be compared, and not-a-number is the undefined number. */
export function valueOf(json: JsonValue | undefined): Value {
  if (typeof json === "object" && json !== null) return undefined;
  return defined(json);
}

export function defined(value: Value): Value {
  return typeof value === "number" && Number.isNaN(value) ? undefined : value;
}
