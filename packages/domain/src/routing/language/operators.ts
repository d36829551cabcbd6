import { concatenate } from "./functions.ts";
import type { BinaryOperator } from "./expression.ts";
import type { StaticType, Value } from "./value.ts";
import { defined } from "./value.ts";

const ARITHMETIC: ReadonlySet<string> = new Set(["*", "/", "%", "+", "-"]);
const LOGICAL_TYPES: ReadonlySet<StaticType> = new Set(["bool", "null", "undefined", "dynamic"]);

/** The type of what comes out, or undefined when the operator does not take these operands. */
export function typeOfBinary(
  operator: BinaryOperator,
  left: StaticType,
  right: StaticType,
): StaticType | undefined {
  if (ARITHMETIC.has(operator)) return both(left, right, "number") ? "number" : undefined;
  switch (operator) {
    case "||":
      return both(left, right, "string") ? "string" : undefined;
    case "AND":
    case "OR":
      return LOGICAL_TYPES.has(left) && LOGICAL_TYPES.has(right) ? "bool" : undefined;
    case "??":
      if (left === right) return left;
      return left === "dynamic" || right === "dynamic" ? "dynamic" : undefined;
    default:
      return areComparable(left, right) ? "bool" : undefined;
  }
}

export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  if (ARITHMETIC.has(operator)) {
    if (typeof left !== "number" || typeof right !== "number") return undefined;
    return defined(calculate(operator, left, right));
  }
  switch (operator) {
    case "||":
      return concatenate([left, right]);
    case "AND":
      return AND[nameOf(left)][nameOf(right)];
    case "OR":
      return OR[nameOf(left)][nameOf(right)];
    case "??":
      return left ?? right;
    default:
      return left === undefined || right === undefined ? undefined : compare(operator, left, right);
  }
}

export function negate(value: Value): Value {
  return typeof value === "number" ? -value : undefined;
}

export function not(value: Value): Value {
  return NOT[nameOf(value)];
}

function both(left: StaticType, right: StaticType, type: StaticType): boolean {
  return (left === type || left === "dynamic") && (right === type || right === "dynamic");
}

function areComparable(left: StaticType, right: StaticType): boolean {
  if (left === right) return true;
  if (left === "dynamic") return right !== "undefined";
  return right === "dynamic" && left !== "undefined";
}

function calculate(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "+":
      return left + right;
    default:
      return left - right;
  }
}

type Defined = Exclude<Value, undefined>;

/** Values of different types are never equal; in order, they stand as their types do. */
const TYPE_ORDER = ["boolean", "number", "string", "null"] as const;

function compare(operator: BinaryOperator, left: Defined, right: Defined): boolean {
  const order = orderOf(left, right);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

function orderOf(left: Defined, right: Defined): number {
  const byType = typeRank(left) - typeRank(right);
  if (byType !== 0) return byType;
  if (left === null || right === null || left === right) return 0;
  return left < right ? -1 : 1;
}

function typeRank(value: Defined): number {
  return TYPE_ORDER.indexOf(value === null ? "null" : (typeof value as "boolean"));
}

type Truth = "T" | "F" | "U" | "N";

function nameOf(value: Value): Truth {
  if (value === null) return "N";
  return value === true ? "T" : value === false ? "F" : "U";
}

type Table = Readonly<Record<Truth, Readonly<Record<Truth, Value>>>>;

/** (protocol reference: routing 5.1) */
const AND: Table = {
  T: { T: true, F: false, U: undefined, N: null },
  F: { T: false, F: false, U: false, N: false },
  U: { T: undefined, F: false, U: undefined, N: null },
  N: { T: null, F: null, U: null, N: null },
};

const OR: Table = {
  T: { T: true, F: true, U: true, N: true },
  F: { T: true, F: false, U: undefined, N: null },
  U: { T: true, F: undefined, U: undefined, N: null },
  N: { T: true, F: false, U: undefined, N: null },
};

const NOT: Readonly<Record<Truth, Value>> = { T: false, F: true, U: undefined, N: true };
