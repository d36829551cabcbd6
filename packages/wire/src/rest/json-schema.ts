import type { JsonObject, JsonValue } from "@larimar/domain";
import { isJsonObject } from "@larimar/domain";
import { z } from "zod";

/**
 * Any JSON object, exactly as it was parsed: schemas that take objects apart lose keys such as `__proto__`.
 */
export const AnyJsonObject = z
  .custom<JsonObject>((value) => isJsonObject(value as JsonValue), "must be an object")
  .meta({ type: "object" });

export const AnyJson = z.custom<JsonValue>((value) => value !== undefined).meta({});
