import type { ComparisonOperator, QueryValue } from "@larimar/domain";
import type { Sql } from "./sql.ts";
import { ALWAYS, NEVER, allOf, anyOf, sql } from "./sql.ts";

/**
 * What an expression is in SQL: one piece for each type it can have, NULL where the value is of another. A
 * type that it can never have is left out. Two values are then compared type by type, and nothing turns into
 * anything else on the way.
 */
export interface SqlValue {
  readonly number?: Sql;
  readonly text?: Sql;
  /** 1 or 0. */
  readonly boolean?: Sql;
  /** True for JSON's null. */
  readonly isNull?: Sql;
  readonly isObject?: Sql;
  readonly isArray?: Sql;
  /** A JSON document and a path in it, where that is what the value is. */
  readonly json?: { readonly document: Sql; readonly path: string };
}

export const UNDEFINED: SqlValue = {};

export function literal(value: QueryValue): SqlValue {
  if (value === undefined) return UNDEFINED;
  if (value === null) return { isNull: ALWAYS };
  if (typeof value === "string") return { text: sql`${value}` };
  if (typeof value === "number") return { number: sql`${value}` };
  if (typeof value === "boolean") return { boolean: value ? ALWAYS : NEVER };
  const document = sql`${JSON.stringify(value)}`;
  return Array.isArray(value)
    ? { isArray: ALWAYS, json: { document, path: "$" } }
    : { isObject: ALWAYS, json: { document, path: "$" } };
}

/** A member of a JSONB column. */
export function jsonValue(document: Sql, path: string): SqlValue {
  const type = sql`json_type(${document}, ${path})`;
  const value = sql`${document} ->> ${path}`;
  return {
    number: sql`(CASE ${type} WHEN 'integer' THEN ${value} WHEN 'real' THEN ${value} END)`,
    text: sql`(CASE ${type} WHEN 'text' THEN ${value} END)`,
    boolean: sql`(CASE ${type} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)`,
    isNull: sql`${type} = 'null'`,
    isObject: sql`${type} = 'object'`,
    isArray: sql`${type} = 'array'`,
    json: { document, path },
  };
}

export function isPrimitive({ number, text, boolean, isNull, json, isArray }: SqlValue): Sql {
  if (json !== undefined && number !== undefined) {
    const { document, path } = json;
    return sql`json_type(${document}, ${path}) IN ('text', 'integer', 'real', 'true', 'false', 'null')`;
  }
  if (isArray !== undefined) return NEVER;
  return anyOf([
    ...[number, text, boolean].filter(isPiece).map((piece) => sql`${piece} IS NOT NULL`),
    ...(isNull === undefined ? [] : [isNull]),
  ]);
}

export function isDefined(value: SqlValue): Sql {
  if (value.json !== undefined) {
    return sql`json_type(${value.json.document}, ${value.json.path}) IS NOT NULL`;
  }
  return anyOf([isPrimitive(value), ...[value.isObject, value.isArray].filter(isPiece)]);
}

/** True when both are primitive, of one type, and the same. */
export function isEqual(one: SqlValue, other: SqlValue): Sql {
  const equals = OPERATORS["="];
  const fast = jsonCompares(one, other, equals) ?? jsonCompares(other, one, equals);
  if (fast !== undefined) return fast;
  return anyOf([
    ...bothOf(one.number, other.number, "="),
    ...bothOf(one.text, other.text, "="),
    ...bothOf(one.boolean, other.boolean, "="),
    ...(one.isNull && other.isNull ? [allOf([one.isNull, other.isNull])] : []),
  ]);
}

/** True when both are primitive and not the same, of one type or not. */
export function isUnequal(one: SqlValue, other: SqlValue): Sql {
  return allOf([isPrimitive(one), isPrimitive(other), sql`(${isEqual(one, other)}) IS NOT TRUE`]);
}

const OPERATORS = {
  "=": sql` = `,
  "<": sql` < `,
  "<=": sql` <= `,
  ">": sql` > `,
  ">=": sql` >= `,
};

/** True when both are numbers, or both texts, in that order. */
export function isOrdered(one: SqlValue, other: SqlValue, operator: "<" | "<=" | ">" | ">="): Sql {
  const fast =
    jsonCompares(one, other, OPERATORS[operator]) ??
    jsonCompares(other, one, OPERATORS[MIRRORED[operator]]);
  if (fast !== undefined) return fast;
  return anyOf([
    ...bothOf(one.number, other.number, operator),
    ...bothOf(one.text, other.text, operator),
  ]);
}

/** What says the same with its sides exchanged. */
export const MIRRORED = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
} as const satisfies Record<ComparisonOperator, ComparisonOperator>;

/** Most rows fail, which one look at the value tells; only those that do not need the type as well. */
function jsonCompares(one: SqlValue, other: SqlValue, operator: Sql): Sql | undefined {
  if (one.json === undefined || one.number === undefined || other.json !== undefined)
    return undefined;
  const { document, path } = one.json;
  const type = sql`json_type(${document}, ${path})`;
  if (isOnly(other, "text")) {
    return sql`(${document} ->> ${path}${operator}${other.text} AND ${type} = 'text')`;
  }
  if (isOnly(other, "number")) {
    return sql`(${document} ->> ${path}${operator}${other.number} AND ${type} IN ('integer', 'real'))`;
  }
  return undefined;
}

function isOnly<K extends "number" | "text">(
  value: SqlValue,
  kind: K,
): value is SqlValue & Record<K, Sql> {
  return Object.keys(value).length === 1 && value[kind] !== undefined;
}

function bothOf(
  one: Sql | undefined,
  other: Sql | undefined,
  operator: keyof typeof OPERATORS,
): Sql[] {
  return one && other ? [sql`${one}${OPERATORS[operator]}${other}`] : [];
}

export function isPiece(piece: Sql | undefined): piece is Sql {
  return piece !== undefined;
}
