import type { QueryFunction } from "./query-ast.ts";
import { QUERY_FUNCTIONS } from "./query-ast.ts";

/** The language of routes spells these with an underscore; here both are understood. */
const OTHER_SPELLINGS = new Map<string, QueryFunction>([
  ["ENDS_WITH", "ENDSWITH"],
  ["STARTS_WITH", "STARTSWITH"],
]);

const TWO_OPERANDS: readonly QueryFunction[] = [
  "ARRAY_CONTAINS",
  "CONTAINS",
  "ENDSWITH",
  "STARTSWITH",
];

export function findFunction(name: string): QueryFunction | undefined {
  const folded = name.toUpperCase();
  return OTHER_SPELLINGS.get(folded) ?? QUERY_FUNCTIONS.find((known) => known === folded);
}

export function operandCount(name: QueryFunction): 1 | 2 {
  return TWO_OPERANDS.includes(name) ? 2 : 1;
}
