import type { Sql } from "../compile/sql.ts";
import { sql } from "../compile/sql.ts";
import type { StatementCache } from "../statement-cache.ts";

export interface IdSearch {
  readonly statements: StatementCache;
  /** Each has all ids that are wanted, and others. */
  readonly alternatives: readonly Sql[];
  /** All ids there are, where that may be few. */
  readonly all: Sql | undefined;
  readonly idsMax: number;
}

/** Ids that may be wanted, ascending; undefined when there are more than it is worth to look at one by one. */
export function findIds(search: IdSearch): readonly number[] | undefined {
  const { statements, alternatives, all, idsMax } = search;
  const lists = all === undefined ? alternatives : [...alternatives, all];
  for (const list of lists) {
    const some = sql`SELECT t.id AS id FROM ${list} LIMIT ${idsMax + 1}`;
    // One text is read sooner than thousands of rows.
    const [[count, text]] = statements.all(
      sql`SELECT count(*), json_group_array(id) FROM (${some})`,
    ) as [[number, string]];
    if (count <= idsMax) return ascending(JSON.parse(text) as number[]);
  }
  return undefined;
}

/** Most are in order as they come from an index. */
function ascending(ids: readonly number[]): readonly number[] {
  const isAscending = ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? id));
  return isAscending ? ids : [...new Set(ids)].toSorted((one, other) => one - other);
}
