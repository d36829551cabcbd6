import type { JsonValue } from "../../json/json-value.ts";

/** What an expression has for a value; undefined stands for what is not there. */
export type QueryValue = JsonValue | undefined;

/** Keys and array positions from the root of a document. */
export interface QueryPath {
  readonly segments: readonly (string | number)[];
  /** What a result calls the value when the query gives it no other name. */
  readonly name: string;
}

export type ComparisonOperator = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

export const QUERY_FUNCTIONS = [
  "ARRAY_CONTAINS",
  "CONTAINS",
  "ENDSWITH",
  "IS_ARRAY",
  "IS_BOOL",
  "IS_DEFINED",
  "IS_NULL",
  "IS_NUMBER",
  "IS_OBJECT",
  "IS_PRIMITIVE",
  "IS_STRING",
  "STARTSWITH",
] as const;

export type QueryFunction = (typeof QUERY_FUNCTIONS)[number];

export type Expression =
  | { readonly kind: "literal"; readonly value: QueryValue }
  | { readonly kind: "path"; readonly path: QueryPath }
  /** AND and OR of any number of operands. */
  | { readonly kind: "all" | "any"; readonly operands: readonly Expression[] }
  | { readonly kind: "not"; readonly operand: Expression }
  | {
      readonly kind: "compare";
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "in";
      readonly isNegated: boolean;
      readonly operand: Expression;
      readonly values: readonly QueryValue[];
    }
  | { readonly kind: "negate"; readonly operand: Expression }
  | {
      readonly kind: "arithmetic";
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "call";
      readonly name: QueryFunction;
      readonly operands: readonly Expression[];
    };

export const COLLECTIONS = ["devices", "devices.modules", "devices.jobs"] as const;

export type Collection = (typeof COLLECTIONS)[number];

export type Aggregate =
  | { readonly kind: "count" }
  | { readonly kind: "avg" | "sum" | "min" | "max"; readonly path: QueryPath };

/** One member of each row of a result. */
export type Projection = { readonly name: string } & (
  | { readonly kind: "path"; readonly path: QueryPath }
  | { readonly kind: "aggregate"; readonly aggregate: Aggregate }
);

export const EVERYTHING: Expression = { kind: "literal", value: true };
export const NOTHING: Expression = { kind: "literal", value: false };

/** Which identities are meant. */
export interface QueryTarget {
  readonly collection: Collection;
  readonly where: Expression;
}

export interface Query extends QueryTarget {
  /** At most so many rows over all pages. */
  readonly top: number | undefined;
  /** Undefined for `*`: whole documents. */
  readonly projections: readonly Projection[] | undefined;
  readonly groupBy: readonly QueryPath[];
}

/** Aggregates and groups come as one page; they are made of all rows. */
export function isGrouped(query: Query): boolean {
  return (
    query.groupBy.length > 0 || (query.projections ?? []).some(({ kind }) => kind === "aggregate")
  );
}

export function isSamePath(one: QueryPath, other: QueryPath): boolean {
  return (
    one.segments.length === other.segments.length &&
    one.segments.every((segment, index) => segment === other.segments[index])
  );
}
