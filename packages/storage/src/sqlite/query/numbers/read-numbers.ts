import type { PlaceNumbers } from "../../twins/twin-numbers.ts";
import { jsonPath } from "../compile/query-fields.ts";
import { jsonValue } from "../compile/sql-value.ts";
import { sql } from "../compile/sql.ts";
import type { StatementCache } from "../statement-cache.ts";

const IDS_PER_CHUNK = 8192;

const COLUMNS = {
  tags: sql`t.tags`,
  desired: sql`t.desired`,
  reported: sql`t.reported`,
} as const;

/** Reads the numbers that all twins have at a place. `checkBudget` is called every some milliseconds. */
export function readNumbers(
  statements: StatementCache,
  { place, values }: PlaceNumbers,
  checkBudget: () => void,
): void {
  const { number } = jsonValue(COLUMNS[place.section], `$${jsonPath(place.keys)}`);
  if (number === undefined) return;
  values.fill(Number.NaN);
  for (let from = 0; from < values.length; from += IDS_PER_CHUNK) {
    checkBudget();
    const rows = statements.all(
      sql`SELECT t.id, ${number} FROM twins AS t WHERE t.id > ${from} AND t.id <= ${from + IDS_PER_CHUNK}`,
    ) as [number, number | null][];
    for (const [id, value] of rows) if (value !== null) values[id] = value;
  }
}
