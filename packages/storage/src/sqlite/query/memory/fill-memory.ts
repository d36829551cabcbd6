import type { MemoryColumn } from "../../twins/memory-column.ts";
import { keep, keptOf } from "../../twins/memory-column.ts";
import { jsonPath } from "../compile/query-fields.ts";
import { jsonValue } from "../compile/sql-value.ts";
import { sql } from "../compile/sql.ts";
import type { StatementCache } from "../statement-cache.ts";

/** Few enough for texts of some thousand characters each. */
const IDS_PER_CHUNK = 2048;

const DOCUMENTS = {
  tags: sql`t.tags`,
  desired: sql`t.desired`,
  reported: sql`t.reported`,
} as const;

/** Reads what all twins have at a place. `checkBudget` is called every some milliseconds. */
export function fillMemory(
  statements: StatementCache,
  column: MemoryColumn,
  checkBudget: () => void,
): void {
  const { kind, place, values } = column;
  const { number, text } = jsonValue(DOCUMENTS[place.section], `$${jsonPath(place.keys)}`);
  const value = kind === "numbers" ? number : text;
  if (value === undefined) return;
  if (kind === "numbers") values.fill(Number.NaN);
  for (let from = 0; from < values.length; from += IDS_PER_CHUNK) {
    checkBudget();
    const rows = statements.all(
      sql`SELECT t.id, ${value} FROM twins AS t WHERE t.id > ${from} AND t.id <= ${from + IDS_PER_CHUNK}`,
    ) as [number, number | string | null][];
    for (const [id, found] of rows) if (found !== null) keep(column, id, keptOf(kind, found));
  }
}
