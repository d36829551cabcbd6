import type { JsonObject, JsonValue } from "@larimar/domain";
import { isJsonObject } from "@larimar/domain";

export type TwinSection = "tags" | "desired" | "reported";

/** Where a twin has a value: which of its objects, and the keys to it. What is in arrays has no place. */
export interface TwinPlace {
  readonly section: TwinSection;
  readonly keys: readonly string[];
}

/** The objects of a twin that have places. */
export interface TwinSections {
  readonly tags: JsonObject;
  readonly desired: { readonly values: JsonObject };
  readonly reported: { readonly values: JsonObject };
}

export function nameOfPlace({ section, keys }: TwinPlace): string {
  return JSON.stringify([section, ...keys]);
}

export function valueAt(twin: TwinSections, { section, keys }: TwinPlace): JsonValue | undefined {
  let value: JsonValue | undefined = section === "tags" ? twin.tags : twin[section].values;
  for (const key of keys) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
