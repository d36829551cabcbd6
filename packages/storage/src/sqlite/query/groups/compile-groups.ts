import type { Query, QueryPath } from "@larimar/domain";
import type { ConditionCompiler } from "../compile/compile-condition.ts";
import { NotInSql } from "../compile/compile-condition.ts";
import type { LineShape } from "./group-lines.ts";
import type { Sql } from "../compile/sql.ts";
import { sql } from "../compile/sql.ts";
import type { SqlValue } from "../compile/sql-value.ts";

/** What a grouped query asks of each range of rows: how many there are, and a line of text for each of them. */
export interface CompiledGroups {
  readonly columns: Sql;
  readonly shape: LineShape;
}

/**
 * SQLite groups by sorting, and whoever reads rows one by one pays for each of them; one text for thousands of
 * rows, with the values of a row on a line, is cheaper than both. Throws `NotInSql`.
 */
export function compileGroups(query: Query, compiler: ConditionCompiler): CompiledGroups {
  const textOf = (path: QueryPath): Sql => jsonText(compiler.value({ kind: "path", path }));
  const paths = new Map<string, QueryPath>();
  const valueColumns = (query.projections ?? []).map((projection) => {
    if (projection.kind === "path" || projection.aggregate.kind === "count") return undefined;
    const { path } = projection.aggregate;
    const name = JSON.stringify(path.segments);
    paths.set(name, path);
    return [...paths.keys()].indexOf(name);
  });
  const fields = [...query.groupBy, ...paths.values()].map(textOf);
  return {
    columns: fields.length === 0 ? sql`count(*), NULL` : sql`count(*), ${lines(fields)}`,
    shape: { keyCount: query.groupBy.length, valueCount: paths.size, valueColumns },
  };
}

/** JSON text has no tabs and no line feeds. */
function lines(fields: readonly Sql[]): Sql {
  const line = fields.reduce((before, field) => sql`${before} || char(9) || ${field}`);
  return sql`group_concat(${line}, char(10))`;
}

/** JSON, which tells types apart; empty for what is not there. */
function jsonText(value: SqlValue): Sql {
  if (value.json !== undefined) {
    return sql`coalesce(${value.json.document} -> ${value.json.path}, '')`;
  }
  const column = value.text ?? value.number;
  if (column === undefined) {
    if (Object.keys(value).length > 0) throw new NotInSql();
    return EMPTY;
  }
  // Named once, since some columns are computed; a text `null` has quotes.
  const text = sql`json_quote(${column})`;
  return value.isNull === undefined ? sql`coalesce(nullif(${text}, 'null'), '')` : text;
}

const EMPTY = sql`''`;
