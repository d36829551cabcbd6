import type {
  ArithmeticOperator,
  Collection,
  ComparisonOperator,
  Expression,
  QueryValue,
} from "./query-ast.ts";
import { withJobTypes } from "../job-types.ts";
import { parsePath } from "./parse-path.ts";
import { findFunction, operandCount } from "./query-functions.ts";
import type { TokenReader } from "./token-reader.ts";

/** Parentheses, functions, NOT, signs and chains of arithmetic count; deeper is refused. */
const DEPTH_MAX = 64;

const COMPARISONS = new Map<string, ComparisonOperator>([
  ["=", "="],
  ["!=", "!="],
  ["<>", "!="],
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
]);

const SUMS: readonly ArithmeticOperator[] = ["+", "-"];
const PRODUCTS: readonly ArithmeticOperator[] = ["*", "/", "%"];

const CONSTANTS = new Map<string, QueryValue>([
  ["TRUE", true],
  ["FALSE", false],
  ["NULL", null],
  ["UNDEFINED", undefined],
]);

/** Recursive descent, loosest operator first. (protocol reference: query-language 2.1) */
export class ExpressionParser {
  readonly #reader: TokenReader;
  readonly #collection: Collection;
  #depth = 0;

  constructor(reader: TokenReader, collection: Collection) {
    this.#reader = reader;
    this.#collection = collection;
  }

  /** Throws `ArgumentInvalid`. */
  parse(): Expression {
    return this.#nested(() => this.#any());
  }

  #any(): Expression {
    const operands = [this.#all()];
    while (this.#reader.takeWord("OR")) operands.push(this.#all());
    return operands.length === 1 ? operands[0]! : { kind: "any", operands };
  }

  #all(): Expression {
    const operands = [this.#not()];
    while (this.#reader.takeWord("AND")) operands.push(this.#not());
    return operands.length === 1 ? operands[0]! : { kind: "all", operands };
  }

  #not(): Expression {
    if (!this.#reader.takeWord("NOT")) return this.#comparison();
    return { kind: "not", operand: this.#nested(() => this.#not()) };
  }

  #comparison(): Expression {
    const reader = this.#reader;
    const left = this.#sum();
    const isNegated = this.#takeIn();
    if (isNegated !== undefined) {
      return withJobTypes({ kind: "in", isNegated, operand: left, values: this.#list() });
    }
    const token = reader.peek();
    const operator = token.kind === "symbol" ? COMPARISONS.get(token.text) : undefined;
    if (operator === undefined) return left;
    reader.next();
    return withJobTypes({ kind: "compare", operator, left, right: this.#sum() });
  }

  /** Whether a list follows, and whether what is looked for must not be in it. */
  #takeIn(): boolean | undefined {
    const reader = this.#reader;
    if (reader.takeWord("IN")) return false;
    if (reader.takeWord("NIN") || reader.takeWord("NOT_IN")) return true;
    if (!reader.isWord("NOT") || !reader.isWord("IN", 1)) return undefined;
    reader.next();
    reader.next();
    return true;
  }

  #sum(): Expression {
    return this.#chain(SUMS, () => this.#chain(PRODUCTS, () => this.#signed()));
  }

  #chain(operators: readonly ArithmeticOperator[], operand: () => Expression): Expression {
    const reader = this.#reader;
    const depth = this.#depth;
    let left = operand();
    for (;;) {
      const operator = operators.find((symbol) => reader.takeSymbol(symbol));
      if (operator === undefined) break;
      // The tree leans to the left: each further operand makes it one deeper.
      this.#deepen();
      left = { kind: "arithmetic", operator, left, right: operand() };
    }
    this.#depth = depth;
    return left;
  }

  #signed(): Expression {
    if (!this.#reader.takeSymbol("-")) return this.#primary();
    const operand = this.#nested(() => this.#signed());
    return operand.kind === "literal" && typeof operand.value === "number"
      ? { kind: "literal", value: -operand.value }
      : { kind: "negate", operand };
  }

  #primary(): Expression {
    const reader = this.#reader;
    const token = reader.peek();
    if (reader.isSymbol("[")) return { kind: "literal", value: this.#list().filter(isDefined) };
    if (reader.takeSymbol("(")) {
      const inner = this.parse();
      reader.expectSymbol(")");
      return inner;
    }
    if (token.kind === "word" && reader.isSymbol("(", 1)) return this.#call();
    if (this.#isConstant()) return { kind: "literal", value: this.#constant() };
    if (token.kind !== "word" && token.kind !== "escaped") {
      throw reader.unexpected("a name, a value or '('");
    }
    return { kind: "path", path: parsePath(reader, this.#collection) };
  }

  #call(): Expression {
    const reader = this.#reader;
    const token = reader.peek();
    const name = findFunction(token.text);
    if (name === undefined) throw reader.error(`there is no function ${token.text}`);
    reader.next();
    reader.expectSymbol("(");
    const operands: Expression[] = [];
    if (!reader.isSymbol(")")) {
      do operands.push(this.parse());
      while (reader.takeSymbol(","));
    }
    reader.expectSymbol(")");
    const count = operandCount(name);
    if (operands.length !== count) {
      throw reader.error(`${name} takes ${count === 1 ? "one value" : "two values"}`, token);
    }
    return { kind: "call", name, operands };
  }

  #list(): QueryValue[] {
    return this.#nested(() => {
      const reader = this.#reader;
      reader.expectSymbol("[");
      const values = [this.#element()];
      while (reader.takeSymbol(",")) values.push(this.#element());
      reader.expectSymbol("]");
      return values;
    });
  }

  #element(): QueryValue {
    const reader = this.#reader;
    if (reader.isSymbol("[")) return this.#list().filter(isDefined);
    if (reader.isSymbol("-")) {
      reader.next();
      if (reader.peek().kind !== "number") throw reader.unexpected("a number");
      return -reader.next().value;
    }
    if (!this.#isConstant()) throw reader.unexpected("a value");
    return this.#constant();
  }

  #isConstant(): boolean {
    const { kind, text } = this.#reader.peek();
    if (kind === "string" || kind === "number") return true;
    return kind === "word" && CONSTANTS.has(text.toUpperCase());
  }

  #constant(): QueryValue {
    const { kind, text, value } = this.#reader.next();
    if (kind === "number") return value;
    return kind === "string" ? text : CONSTANTS.get(text.toUpperCase());
  }

  #nested<T>(parse: () => T): T {
    this.#deepen();
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #deepen(): void {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) {
      throw this.#reader.error(`expressions nest at most ${DEPTH_MAX} deep`);
    }
  }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
