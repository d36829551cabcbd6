import fc from "fast-check";
import { anyNumber, anyText } from "./random-twins.fixture.ts";

/** Texts of queries, with the grammar's own precedence left to parentheses. */
const anyLiteral: fc.Arbitrary<string> = fc.oneof(
  anyText.map(quote),
  anyNumber.map((number) => (number < 0 ? `(${number})` : String(number))),
  fc.constantFrom("true", "false", "null", "undefined"),
);

export function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

const anyList = fc
  .array(
    anyLiteral.filter((text) => !text.startsWith("(")),
    { minLength: 1, maxLength: 4 },
  )
  .map((items) => `[${items.join(", ")}]`);

/** There is an `IS_` function for each. */
export const TYPE_NAMES = [
  "DEFINED",
  "NULL",
  "BOOL",
  "NUMBER",
  "STRING",
  "ARRAY",
  "OBJECT",
  "PRIMITIVE",
];

export interface QueriesParts {
  readonly sources: readonly string[];
  readonly anyPath: fc.Arbitrary<string>;
  /** Of values that are in an index. */
  readonly anyValuePath: fc.Arbitrary<string>;
}

export interface RandomQueries {
  readonly plain: fc.Arbitrary<string>;
  readonly grouped: fc.Arbitrary<string>;
  readonly condition: fc.Arbitrary<string>;
  /** Conditions that ask for values which rows have or had, as whoever looks for a few of many does. */
  readonly equalities: fc.Arbitrary<string>;
}

export function queriesOver({ sources, anyPath, anyValuePath }: QueriesParts): RandomQueries {
  const anyAggregate = fc
    .tuple(fc.constantFrom("COUNT", "AVG", "SUM", "MIN", "MAX"), anyPath)
    .map(([name, path]) => (name === "COUNT" ? "COUNT()" : `${name}(${path})`));

  const { condition } = fc.letrec<{ value: string; condition: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      anyPath,
      anyLiteral,
      fc
        .tuple(tie("value"), fc.constantFrom("+", "-", "*", "/", "%"), tie("value"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      tie("value").map((value) => `(-${value})`),
      tie("condition").map((inner) => `(${inner})`),
    ),
    condition: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc
        .tuple(tie("value"), fc.constantFrom("=", "!=", "<>", "<", "<=", ">", ">="), tie("value"))
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      anyPath,
      fc
        .tuple(tie("value"), fc.constantFrom("IN", "NIN", "NOT IN"), anyList)
        .map(([value, operator, list]) => `${value} ${operator} ${list}`),
      fc
        .tuple(fc.constantFrom(...TYPE_NAMES), tie("value"))
        .map(([name, value]) => `IS_${name}(${value})`),
      fc
        .tuple(
          fc.constantFrom("STARTSWITH", "ENDSWITH", "CONTAINS", "ARRAY_CONTAINS"),
          tie("value"),
          tie("value"),
        )
        .map(([name, one, other]) => `${name}(${one}, ${other})`),
      tie("condition").map((inner) => `NOT (${inner})`),
      fc
        .tuple(tie("condition"), fc.constantFrom("AND", "OR"), tie("condition"))
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    ),
  }));

  const anyEquality = fc.oneof(
    fc.tuple(anyValuePath, anyLiteral).map(([path, value]) => `${path} = ${value}`),
    fc.tuple(anyLiteral, anyValuePath).map(([value, path]) => `${value} = ${path}`),
    fc.tuple(anyValuePath, anyList).map(([path, list]) => `${path} IN ${list}`),
    anyValuePath,
    anyValuePath.map((path) => `NOT ${path}`),
  );

  const { equalities } = fc.letrec<{ equalities: string }>((tie) => ({
    equalities: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      anyEquality,
      fc
        .tuple(tie("equalities"), fc.constantFrom("AND", "OR"), tie("equalities"))
        .map(([one, operator, other]) => `(${one}) ${operator} (${other})`),
      fc.tuple(anyEquality, condition).map(([one, other]) => `(${one}) AND (${other})`),
    ),
  }));

  const anySource = fc.constantFrom(...sources);
  const plain = fc
    .record({ source: anySource, paths: fc.array(anyPath, { maxLength: 3 }), where: condition })
    .map(({ source, paths, where }) => {
      const selection = paths.map((path, index) => `${path} AS p${index}`).join(", ") || "*";
      return `SELECT ${selection} FROM ${source} WHERE ${where}`;
    });

  const grouped = fc
    .record({
      source: anySource,
      keys: fc.uniqueArray(anyPath, { maxLength: 2 }),
      aggregates: fc.array(anyAggregate, { minLength: 1, maxLength: 3 }),
      where: fc.option(condition, { nil: "true" }),
    })
    .map(({ source, keys, aggregates, where }) => {
      const selection = [
        ...keys.map((path, index) => `${path} AS k${index}`),
        ...aggregates.map((aggregate, index) => `${aggregate} AS a${index}`),
      ].join(", ");
      const groupBy = keys.length > 0 ? ` GROUP BY ${keys.join(", ")}` : "";
      return `SELECT ${selection} FROM ${source} WHERE ${where}${groupBy}`;
    });

  return { plain, grouped, condition, equalities };
}
