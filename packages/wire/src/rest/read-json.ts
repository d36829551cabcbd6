import { z } from "zod";
import { type Reading, invalid, read } from "./reading.ts";

/**
 * Judges parsed JSON by a schema. Names of properties and words of enumerations are found whatever their
 * case, because clients differ in it; what the schema does not name is overlooked.
 * (protocol reference: service-facing 2.1)
 */
export function readJson<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
): Reading<z.output<Schema>> {
  const result = schema.safeParse(spellLike(schema, json));
  if (result.success) return read(result.data);
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "the body" : issue.path.join(".");
  return invalid(`'${where}': ${issue?.message ?? "invalid"}`);
}

/** Only as deep as the schema goes, so hostile nesting costs nothing. */
function spellLike(schema: z.core.$ZodType, json: unknown): unknown {
  if (schema instanceof z.ZodObject) return spellObject(schema, json);
  if (schema instanceof z.ZodArray) {
    const { element } = schema;
    return Array.isArray(json) ? json.map((item: unknown) => spellLike(element, item)) : json;
  }
  if (schema instanceof z.ZodEnum) return spellWord(schema, json);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return json === null ? null : spellLike(schema.unwrap(), json);
  }
  return json;
}

function spellObject(schema: z.ZodObject, json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const spelled: Record<string, unknown> = {};
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const known = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  for (const [written, value] of Object.entries(json as Record<string, unknown>)) {
    const name = known.get(written.toLowerCase());
    const member = name === undefined ? undefined : shape[name];
    if (name === undefined || member === undefined) continue;
    // The exact spelling wins over others beside it.
    if (name !== written && Object.hasOwn(json, name)) continue;
    spelled[name] = spellLike(member, value);
  }
  return spelled;
}

function spellWord(schema: z.ZodEnum, json: unknown): unknown {
  if (typeof json !== "string") return json;
  const lowered = json.toLowerCase();
  return schema.options.find((word) => String(word).toLowerCase() === lowered) ?? json;
}
