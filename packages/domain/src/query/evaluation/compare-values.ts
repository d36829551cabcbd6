import type { ComparisonOperator, QueryValue } from "../language/query-ast.ts";

/** True, false, or undefined for what cannot be said. */
export type Truth = boolean | undefined;

/** No value turns into one of another type. (protocol reference: query-language 3) */
export function compareValues(
  operator: ComparisonOperator,
  left: QueryValue,
  right: QueryValue,
): Truth {
  if (left === undefined || right === undefined) return undefined;
  if (isComposite(left) || isComposite(right)) return undefined;
  if (operator === "=") return left === right;
  if (operator === "!=") return left !== right;
  if (typeof left === "number" && typeof right === "number") return holds(operator, left - right);
  if (typeof left === "string" && typeof right === "string") {
    return holds(operator, compareTexts(left, right));
  }
  return undefined;
}

export function isComposite(value: QueryValue): boolean {
  return typeof value === "object" && value !== null;
}

/** By code points, which is also the order of the bytes that stores keep. */
export function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Halves of surrogate pairs stand for code points beyond all that one unit can hold. */
function rank(unit: number): number {
  return unit >= 0xd8_00 && unit <= 0xdf_ff ? unit + 0x1_00_00 : unit;
}

function holds(operator: ComparisonOperator, difference: number): boolean {
  switch (operator) {
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
    case "=":
      return difference === 0;
    case "!=":
      return difference !== 0;
  }
}
