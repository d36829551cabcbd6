import type { Expression } from "@larimar/domain";
import type { TwinPlace } from "../../twins/twin-place.ts";

/** Undefined for what is no value of a twin's, or in an array. */
export function placeOf(field: Expression | undefined): TwinPlace | undefined {
  if (field?.kind !== "path") return undefined;
  const [root, ...rest] = field.path.segments;
  if (!rest.every((segment) => typeof segment === "string")) return undefined;
  if (root === "tags") return { section: "tags", keys: rest };
  const [section, first, ...deeper] = rest;
  if (root !== "properties" || (section !== "desired" && section !== "reported")) return undefined;
  // Those are columns, or beside the values.
  if (first === undefined || first === "$version" || first === "$metadata") return undefined;
  return { section, keys: [first, ...deeper] };
}
