import type { Expression } from "@larimar/domain";
import type { LeafSection } from "../../twins/twin-leaves.ts";
import { crowdedLeaf, leafOf } from "../../twins/twin-leaves.ts";
import type { QuerySource } from "../compile/query-source.ts";
import type { Sql } from "../compile/sql.ts";
import { listOf, sql } from "../compile/sql.ts";

/** Ids of twins that may have one of these values there; undefined where leaves do not tell. */
export function idsWithLeaf(
  source: QuerySource,
  field: Expression | undefined,
  values: readonly Expression[],
  hub: string,
): Sql | undefined {
  const place = source.table === "twins" ? placeOf(field) : undefined;
  if (place === undefined) return undefined;
  const leaves = values.map((value) =>
    value.kind === "literal" ? leafOf(hub, place, value.value) : undefined,
  );
  if (leaves.includes(undefined)) return undefined;
  const list = [...leaves.filter((leaf) => leaf !== undefined), crowdedLeaf(hub)];
  return sql`twin_leaves AS t WHERE t.leaf IN (${listOf(list.map((leaf) => sql`${leaf}`))})`;
}

interface Place {
  readonly section: LeafSection;
  readonly keys: readonly string[];
}

/** What is in arrays has no leaf. */
function placeOf(field: Expression | undefined): Place | undefined {
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
