import type { JsonObject } from "@larimar/domain";
import { isJsonObject, jsonObject } from "@larimar/domain";
import { z } from "zod";

/** Any JSON object, taken as it is. */
export const JsonObjectBody = z.custom<JsonObject>(
  (value) => isJsonObject(value as JsonObject | undefined),
  "Expected an object",
);

/** Without `$version` and `$metadata`, which clients copy from twins they have read. */
export function withoutBookkeeping(object: JsonObject): JsonObject {
  return jsonObject(Object.entries(object).filter(([key]) => !key.startsWith("$")));
}
