import type { Expression, QueryValue } from "./language/query-ast.ts";

/** What older texts call a job that changes twins. */
const OLD_NAME = "scheduleTwinUpdate";
const NAME = "scheduleUpdateTwin";

/** Compares the type of a job with what documents call it today. */
export function withJobTypes(expression: Expression): Expression {
  if (expression.kind === "in") {
    if (!isJobType(expression.operand)) return expression;
    return { ...expression, values: expression.values.map(renamed) };
  }
  if (expression.kind !== "compare") return expression;
  const { left, right } = expression;
  if (isJobType(left)) return { ...expression, right: renamedLiteral(right) };
  return isJobType(right) ? { ...expression, left: renamedLiteral(left) } : expression;
}

function isJobType(expression: Expression): boolean {
  return (
    expression.kind === "path" &&
    expression.path.segments.length === 1 &&
    expression.path.segments[0] === "jobType"
  );
}

function renamedLiteral(expression: Expression): Expression {
  return expression.kind === "literal"
    ? { kind: "literal", value: renamed(expression.value) }
    : expression;
}

function renamed(value: QueryValue): QueryValue {
  return value === OLD_NAME ? NAME : value;
}
