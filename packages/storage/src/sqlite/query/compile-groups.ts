import type { GroupPart, Projection, Query, QueryPath, QueryValue } from "@larimar/domain";
import type { ConditionCompiler } from "./compile-condition.ts";
import { NotInSql } from "./compile-condition.ts";
import type { Sql } from "./sql.ts";
import { listOf, sql } from "./sql.ts";
import type { SqlValue } from "./sql-value.ts";

/** The columns of a grouped query over some rows, and how its parts are read from them. */
export interface CompiledGroups {
  readonly columns: Sql;
  /** Empty when there is nothing to group by. */
  readonly groupBy: string;
  readonly read: (row: readonly unknown[]) => GroupPart;
}

/** Throws `NotInSql`. */
export function compileGroups(query: Query, compiler: ConditionCompiler): CompiledGroups {
  const valueOf = (path: QueryPath): SqlValue => compiler.value({ kind: "path", path });
  const keys = query.groupBy.map((path) => keyOf(valueOf(path)));
  const projections = query.projections ?? [];
  const aggregates = projections.map((projection) => aggregateColumns(projection, valueOf));
  const columns = [...keys, sql`count(*)`, ...aggregates.flat()];
  return {
    columns: listOf(columns),
    groupBy: keys.length === 0 ? "" : `GROUP BY ${keys.map((_, index) => index + 1).join(", ")}`,
    read(row) {
      let at = keys.length + 1;
      return {
        keys: row.slice(0, keys.length).map(readKey),
        rows: Number(row[keys.length]),
        aggregates: aggregates.map((some) => {
          const part = readPart(row.slice(at, at + some.length));
          at += some.length;
          return part;
        }),
      };
    },
  };
}

/** JSON text, which tells types apart; NULL for what is not there. */
function keyOf(value: SqlValue): Sql {
  if (value.json !== undefined) return sql`${value.json.document} -> ${value.json.path}`;
  if (value.isNull !== undefined) throw new NotInSql();
  const column = value.text ?? value.number;
  return column === undefined ? sql`NULL` : sql`json_quote(${column})`;
}

function readKey(key: unknown): QueryValue {
  return typeof key === "string" ? (JSON.parse(key) as QueryValue) : undefined;
}

const NULL_VALUE = sql`NULL`;

function aggregateColumns(
  projection: Projection,
  valueOf: (path: QueryPath) => SqlValue,
): readonly Sql[] {
  if (projection.kind === "path" || projection.aggregate.kind === "count") return [];
  const { kind, path } = projection.aggregate;
  const { number = NULL_VALUE, text, boolean, isNull } = valueOf(path);
  // Not `sum`, which refuses whole numbers that become too large.
  if (kind === "sum" || kind === "avg") return [sql`total(${number})`, sql`count(${number})`];
  const extreme = (piece: Sql | undefined): Sql =>
    piece === undefined ? NULL_VALUE : kind === "min" ? sql`min(${piece})` : sql`max(${piece})`;
  const anyNull = isNull === undefined ? NULL_VALUE : sql`max(${isNull})`;
  return [anyNull, extreme(boolean), extreme(number), extreme(text), sql`${kind}`];
}

function readPart(columns: readonly unknown[]): GroupPart["aggregates"][number] {
  const nothing = { sum: 0, numbers: 0, min: undefined, max: undefined };
  if (columns.length === 0) return nothing;
  if (columns.length === 2) {
    return { ...nothing, sum: Number(columns[0]), numbers: Number(columns[1]) };
  }
  const [anyNull, boolean, number, text, kind] = columns;
  const found = [
    anyNull === 1 ? null : undefined,
    boolean === null ? undefined : boolean === 1,
    number === null ? undefined : Number(number),
    typeof text === "string" ? text : undefined,
  ].filter((value) => value !== undefined);
  return kind === "min" ? { ...nothing, min: found[0] } : { ...nothing, max: found.at(-1) };
}
