import type { Expression } from "@larimar/domain";
import type { MemoryKey } from "../../twins/memory-column.ts";
import { MIRRORED } from "../compile/sql-value.ts";
import { placeOf } from "../scan/place-of.ts";

/** Holds of numbers at a place from one to another, both included; of nothing else. */
export interface NumberCondition extends MemoryKey {
  readonly kind: "numbers";
  readonly min: number;
  readonly max: number;
  /** Where only some numbers in between will do. */
  readonly among?: ReadonlySet<number>;
}

/** Undefined for what does not compare a value of a twin with numbers. */
export function numberCondition(expression: Expression): NumberCondition | undefined {
  if (expression.kind === "in") return numberIsIn(expression);
  if (expression.kind !== "compare") return undefined;
  const { operator, left, right } = expression;
  const isMirrored = left.kind !== "path";
  const place = placeOf(isMirrored ? right : left);
  const value = numberOf(isMirrored ? left : right);
  if (place === undefined || value === undefined) return undefined;
  const key = { kind: "numbers", place } as const;
  switch (isMirrored ? MIRRORED[operator] : operator) {
    case "=":
      return { ...key, min: value, max: value };
    case "<":
      return { ...key, min: -Infinity, max: -next(-value) };
    case "<=":
      return { ...key, min: -Infinity, max: value };
    case ">":
      return { ...key, min: next(value), max: Infinity };
    case ">=":
      return { ...key, min: value, max: Infinity };
    case "!=":
      return undefined;
  }
}

function numberIsIn({
  operand,
  values,
  isNegated,
}: Expression & { kind: "in" }): NumberCondition | undefined {
  const place = placeOf(operand);
  const among = new Set(values.filter((value) => typeof value === "number"));
  // Whoever may be a text as well is not known by numbers.
  const areNumbers = values.every((value) => typeof value === "number") && among.size > 0;
  if (place === undefined || isNegated || !areNumbers) return undefined;
  return { kind: "numbers", place, min: Math.min(...among), max: Math.max(...among), among };
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** The number after a finite one: those above zero are in the order of their bits, those below in reverse. */
function next(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  float[0] = value;
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return float[0];
}

function numberOf(expression: Expression): number | undefined {
  switch (expression.kind) {
    case "literal":
      return typeof expression.value === "number" ? expression.value : undefined;
    case "negate": {
      const value = numberOf(expression.operand);
      return value === undefined ? undefined : -value;
    }
    default:
      return undefined;
  }
}
