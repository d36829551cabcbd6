import type { JsonObject, JsonValue } from "../../json/json-value.ts";
import { isJsonObject, member } from "../../json/json-value.ts";
import type { Truth } from "./compare-values.ts";
import { compareValues, isComposite } from "./compare-values.ts";
import type {
  ArithmeticOperator,
  Expression,
  QueryFunction,
  QueryPath,
  QueryValue,
} from "../language/query-ast.ts";

/** Only what is true matches; what cannot be said does not. */
export function matchesCondition(condition: Expression, document: JsonObject): boolean {
  return evaluate(condition, document) === true;
}

/** The plain meaning of an expression, which every store has to agree with. */
export function evaluate(expression: Expression, document: JsonObject): QueryValue {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "path":
      return valueAt(document, expression.path);
    case "all":
      return every(expression.operands, document);
    case "any":
      return some(expression.operands, document);
    case "not":
      return not(truth(expression.operand, document));
    case "compare": {
      const { operator, left, right } = expression;
      return compareValues(operator, evaluate(left, document), evaluate(right, document));
    }
    case "in": {
      const found = isOneOf(evaluate(expression.operand, document), expression.values);
      return expression.isNegated ? not(found) : found;
    }
    case "negate": {
      const value = evaluate(expression.operand, document);
      return typeof value === "number" ? -value : undefined;
    }
    case "arithmetic": {
      const { operator, left, right } = expression;
      return calculate(operator, evaluate(left, document), evaluate(right, document));
    }
    case "call": {
      const [first, second] = expression.operands.map((operand) => evaluate(operand, document));
      return call(expression.name, first, second);
    }
  }
}

/** Undefined where the document has nothing there. */
export function valueAt(document: JsonObject, path: QueryPath): QueryValue {
  let value: QueryValue = document;
  for (const segment of path.segments) {
    if (typeof segment === "number") {
      value = Array.isArray(value) ? (value as readonly JsonValue[])[segment] : undefined;
    } else value = isJsonObject(value) ? member(value, segment) : undefined;
  }
  return value;
}

function truth(expression: Expression, document: JsonObject): Truth {
  const value = evaluate(expression, document);
  return typeof value === "boolean" ? value : undefined;
}

function every(operands: readonly Expression[], document: JsonObject): Truth {
  let result: Truth = true;
  for (const operand of operands) {
    const value = truth(operand, document);
    if (value === false) return false;
    if (value === undefined) result = undefined;
  }
  return result;
}

function some(operands: readonly Expression[], document: JsonObject): Truth {
  let result: Truth = false;
  for (const operand of operands) {
    const value = truth(operand, document);
    if (value === true) return true;
    if (value === undefined) result = undefined;
  }
  return result;
}

function not(value: Truth): Truth {
  return value === undefined ? undefined : !value;
}

function isOneOf(value: QueryValue, values: readonly QueryValue[]): Truth {
  if (value === undefined || isComposite(value)) return undefined;
  return values.includes(value);
}

/** What is no number, or has none as its result, is undefined. */
function calculate(operator: ArithmeticOperator, left: QueryValue, right: QueryValue): QueryValue {
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  const result = {
    "+": left + right,
    "-": left - right,
    "*": left * right,
    "/": left / right,
    "%": left % right,
  }[operator];
  return Number.isFinite(result) ? result : undefined;
}

function call(name: QueryFunction, first: QueryValue, second: QueryValue): Truth {
  switch (name) {
    case "IS_DEFINED":
      return first !== undefined;
    case "IS_NULL":
      return first === null;
    case "IS_BOOL":
      return typeof first === "boolean";
    case "IS_NUMBER":
      return typeof first === "number";
    case "IS_STRING":
      return typeof first === "string";
    case "IS_ARRAY":
      return Array.isArray(first);
    case "IS_OBJECT":
      return isJsonObject(first);
    case "IS_PRIMITIVE":
      return first !== undefined && !isComposite(first);
    case "ARRAY_CONTAINS":
      if (!Array.isArray(first) || second === undefined || isComposite(second)) return undefined;
      return first.includes(second);
    case "STARTSWITH":
      return onTexts(first, second, (text, part) => text.startsWith(part));
    case "ENDSWITH":
      return onTexts(first, second, (text, part) => text.endsWith(part));
    case "CONTAINS":
      return onTexts(first, second, (text, part) => text.includes(part));
  }
}

function onTexts(
  first: QueryValue,
  second: QueryValue,
  test: (text: string, part: string) => boolean,
): Truth {
  return typeof first === "string" && typeof second === "string" ? test(first, second) : undefined;
}
