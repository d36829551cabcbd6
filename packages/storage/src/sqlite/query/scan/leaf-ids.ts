import type { Expression } from "@larimar/domain";
import { crowdedLeaf, leafOf } from "../../twins/twin-leaves.ts";
import type { QuerySource } from "../compile/query-source.ts";
import type { Sql } from "../compile/sql.ts";
import { listOf, sql } from "../compile/sql.ts";
import { placeOf } from "./place-of.ts";

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
