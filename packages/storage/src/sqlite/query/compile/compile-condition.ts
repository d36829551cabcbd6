import type { Collection, ComparisonOperator, Expression, QueryFunction } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { QueriedTable } from "./query-fields.ts";
import { findField } from "./query-fields.ts";
import type { Sql } from "./sql.ts";
import { ALWAYS, NEVER, allOf, anyOf, listOf, sql } from "./sql.ts";
import type { SqlValue } from "./sql-value.ts";
import {
  UNDEFINED,
  isDefined,
  isEqual,
  isOrdered,
  isPiece,
  isPrimitive,
  isUnequal,
  literal,
} from "./sql-value.ts";

/** Pieces that a condition may become; truths compared with truths double at each level. */
const PIECES_MAX = 20_000;

/** Thrown for values that only documents have; such a query is answered by looking at those. */
export class NotInSql extends Error {}

const OPPOSITE = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
} as const satisfies Record<ComparisonOperator, ComparisonOperator>;

/**
 * Conditions have three results and SQL's WHERE knows one, so that each is compiled to what makes it true,
 * or, below NOT, to what makes it false. What cannot be said is neither.
 */
export class ConditionCompiler {
  readonly tables = new Set<QueriedTable>();
  readonly #collection: Collection;
  #pieces = 0;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Throws `NotInSql`, and `ArgumentInvalid` for what would become too long. */
  holds(expression: Expression): Sql {
    return this.#truth(expression, true);
  }

  value(expression: Expression): SqlValue {
    this.#count();
    switch (expression.kind) {
      case "literal":
        return literal(expression.value);
      case "path": {
        const field = findField(this.#collection, expression.path);
        if (field === undefined) throw new NotInSql();
        for (const table of field.tables) this.tables.add(table);
        return field.value;
      }
      case "negate": {
        const { number } = this.value(expression.operand);
        return number === undefined ? UNDEFINED : { number: sql`(-${number})` };
      }
      case "arithmetic":
        return this.#arithmetic(expression);
      case "all":
      case "any":
      case "not":
      case "compare":
      case "in":
      case "call": {
        const isTrue = this.#truth(expression, true);
        const isFalse = this.#truth(expression, false);
        return { boolean: sql`(CASE WHEN ${isTrue} THEN 1 WHEN ${isFalse} THEN 0 END)` };
      }
    }
  }

  #truth(expression: Expression, wanted: boolean): Sql {
    this.#count();
    switch (expression.kind) {
      case "all":
      case "any": {
        const operands = expression.operands.map((operand) => this.#truth(operand, wanted));
        return (expression.kind === "all") === wanted ? allOf(operands) : anyOf(operands);
      }
      case "not":
        return this.#truth(expression.operand, !wanted);
      case "compare": {
        const { operator, left, right } = expression;
        return compare(wanted ? operator : OPPOSITE[operator], this.value(left), this.value(right));
      }
      case "in":
        return this.#isIn(expression, wanted !== expression.isNegated);
      case "call":
        return this.#call(
          expression.name,
          expression.operands.map((each) => this.value(each)),
          wanted,
        );
      case "literal":
        return expression.value === wanted ? ALWAYS : NEVER;
      case "path": {
        const { boolean } = this.value(expression);
        if (boolean === undefined) return NEVER;
        return wanted ? sql`${boolean} = 1` : sql`${boolean} = 0`;
      }
      case "negate":
      case "arithmetic":
        return NEVER;
    }
  }

  #isIn({ operand, values }: Expression & { kind: "in" }, wanted: boolean): Sql {
    const value = this.value(operand);
    const texts = values.filter((each) => typeof each === "string");
    const numbers = values.filter((each) => typeof each === "number");
    const found = anyOf([
      ...(value.text && texts.length > 0
        ? [sql`${value.text} IN (${listOf(texts.map((each) => sql`${each}`))})`]
        : []),
      ...(value.number && numbers.length > 0
        ? [sql`${value.number} IN (${listOf(numbers.map((each) => sql`${each}`))})`]
        : []),
      ...(value.boolean && values.includes(true) ? [sql`${value.boolean} = 1`] : []),
      ...(value.boolean && values.includes(false) ? [sql`${value.boolean} = 0`] : []),
      ...(value.isNull && values.includes(null) ? [value.isNull] : []),
    ]);
    return wanted ? found : allOf([isPrimitive(value), sql`(${found}) IS NOT TRUE`]);
  }

  /** Infinity, and what is no number, are nothing. */
  #arithmetic({ operator, left, right }: Expression & { kind: "arithmetic" }): SqlValue {
    const one = this.value(left).number;
    const other = this.value(right).number;
    if (one === undefined || other === undefined) return UNDEFINED;
    // Whole numbers would overflow, and divide to whole numbers.
    const [a, b] = [sql`CAST(${one} AS REAL)`, sql`CAST(${other} AS REAL)`];
    const result = {
      "+": sql`${a} + ${b}`,
      "-": sql`${a} - ${b}`,
      "*": sql`${a} * ${b}`,
      "/": sql`${a} / ${b}`,
      "%": sql`mod(${a}, ${b})`,
    }[operator];
    return { number: sql`nullif(nullif(${result}, 9e999), -9e999)` };
  }

  #call(name: QueryFunction, operands: readonly SqlValue[], wanted: boolean): Sql {
    const [first = UNDEFINED, second = UNDEFINED] = operands;
    switch (name) {
      case "IS_DEFINED":
        return told(isDefined(first), wanted);
      case "IS_NULL":
        return told(first.isNull, wanted);
      case "IS_BOOL":
        return told(first.boolean && sql`${first.boolean} IS NOT NULL`, wanted);
      case "IS_NUMBER":
        return told(first.number && sql`${first.number} IS NOT NULL`, wanted);
      case "IS_STRING":
        return told(first.text && sql`${first.text} IS NOT NULL`, wanted);
      case "IS_ARRAY":
        return told(first.isArray, wanted);
      case "IS_OBJECT":
        return told(first.isObject, wanted);
      case "IS_PRIMITIVE":
        return told(isPrimitive(first), wanted);
      case "ARRAY_CONTAINS":
        return arrayContains(first, second, wanted);
      case "STARTSWITH":
      case "CONTAINS":
      case "ENDSWITH":
        return wanted
          ? haveTexts(name, first, second)
          : compareTexts(name, first.text, second.text, false);
    }
  }

  #count(): void {
    this.#pieces += 1;
    if (this.#pieces > PIECES_MAX) {
      throw new HubError("ArgumentInvalid", "The condition is too complex");
    }
  }
}

function compare(operator: ComparisonOperator, left: SqlValue, right: SqlValue): Sql {
  if (operator === "=") return isEqual(left, right);
  if (operator === "!=") return isUnequal(left, right);
  return isOrdered(left, right, operator);
}

/** These are true or false whatever they are asked about. */
function told(isSo: Sql | undefined, wanted: boolean): Sql {
  if (isSo === undefined) return wanted ? NEVER : ALWAYS;
  return wanted ? sql`(${isSo})` : sql`(${isSo}) IS NOT TRUE`;
}

function arrayContains(array: SqlValue, wantedItem: SqlValue, wanted: boolean): Sql {
  if (array.json === undefined) return NEVER;
  const { document, path } = array.json;
  const item: SqlValue = {
    number: sql`(CASE e.type WHEN 'integer' THEN e.atom WHEN 'real' THEN e.atom END)`,
    text: sql`(CASE e.type WHEN 'text' THEN e.atom END)`,
    boolean: sql`(CASE e.type WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)`,
    isNull: sql`e.type = 'null'`,
  };
  const found = sql`EXISTS (SELECT 1 FROM json_each(${document}, ${path}) AS e
    WHERE ${isEqual(item, wantedItem)})`;
  return allOf([
    sql`json_type(${document}, ${path}) = 'array'`,
    isPrimitive(wantedItem),
    wanted ? found : sql`NOT ${found}`,
  ]);
}

/** Most rows fail, which one look at the value tells; only those that do not need the type as well. */
function haveTexts(
  name: "STARTSWITH" | "CONTAINS" | "ENDSWITH",
  { text, json }: SqlValue,
  { text: part }: SqlValue,
): Sql {
  if (text === undefined || json === undefined) return compareTexts(name, text, part, true);
  const { document, path } = json;
  return allOf([
    compareTexts(name, sql`(${document} ->> ${path})`, part, true),
    sql`json_type(${document}, ${path}) = 'text'`,
  ]);
}

/** By bytes, since some of SQLite's functions for texts end at a zero. */
function compareTexts(
  name: "STARTSWITH" | "CONTAINS" | "ENDSWITH",
  text: Sql | undefined,
  part: Sql | undefined,
  wanted: boolean,
): Sql {
  if (!isPiece(text) || !isPiece(part)) return NEVER;
  switch (name) {
    case "STARTSWITH":
      return wanted ? sql`instr(${text}, ${part}) = 1` : sql`instr(${text}, ${part}) <> 1`;
    case "CONTAINS":
      return wanted ? sql`instr(${text}, ${part}) > 0` : sql`instr(${text}, ${part}) = 0`;
    case "ENDSWITH": {
      const [bytes, end] = [sql`CAST(${text} AS BLOB)`, sql`CAST(${part} AS BLOB)`];
      // Of no bytes there is no part, not even an empty one.
      const isSo = sql`(length(${end}) = 0 OR substr(${bytes}, -length(${end})) IS ${end})`;
      const areTexts = sql`${text} IS NOT NULL AND ${part} IS NOT NULL`;
      return wanted ? sql`(${areTexts} AND ${isSo})` : sql`(${areTexts} AND NOT ${isSo})`;
    }
  }
}
