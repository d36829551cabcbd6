import type { ConditionError } from "./condition-error.ts";
import { rangeOf } from "./condition-error.ts";
import type { BinaryOperator, Expression } from "./expression.ts";
import type { Token } from "./tokens.ts";
import { tokenize, unquote } from "./tokens.ts";

/** Deeper nesting is refused: the evaluator calls itself once per level. */
const DEPTH_MAX = 64;

/** Tightest first; within a row from left to right. (protocol reference: routing 4) */
const LEVELS: readonly (readonly string[])[] = [
  ["*", "/", "%"],
  ["+", "-", "||"],
  ["<", "<=", ">", ">="],
  ["=", "!=", "<>"],
  ["AND"],
  ["OR"],
  ["??"],
];

export type Parsed =
  | { readonly isValid: true; readonly expression: Expression | undefined }
  | { readonly isValid: false; readonly error: ConditionError };

/** The expression of a condition, undefined for a text of nothing but blanks. */
export function parseCondition(text: string): Parsed {
  const parser = new Parser(text);
  try {
    return { isValid: true, expression: parser.condition() };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const location = rangeOf(text, error.token.start, error.token.end);
    return { isValid: false, error: { message: error.message, severity: "error", location } };
  }
}

class SyntaxProblem extends Error {
  readonly token: Token;

  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  condition(): Expression | undefined {
    if (this.#tokens[0]!.kind === "end") return undefined;
    const expression = this.#expression();
    const rest = this.#next;
    if (rest.kind !== "end") throw unexpected(rest);
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }

  #takeSymbol(symbol: string): Token | undefined {
    return this.#next.kind === "symbol" && this.#next.text === symbol ? this.#take() : undefined;
  }

  #expect(symbol: string, opening: Token): Token {
    const token = this.#takeSymbol(symbol);
    if (token !== undefined) return token;
    if (this.#next.kind !== "end") throw unexpected(this.#next);
    throw new SyntaxProblem(`'${opening.text}' is not followed by '${symbol}'`, opening);
  }

  #expression(): Expression {
    if (this.#depth >= DEPTH_MAX) {
      throw new SyntaxProblem(`More than ${DEPTH_MAX} expressions inside one another`, this.#next);
    }
    this.#depth += 1;
    const expression = this.#binary(LEVELS.length - 1);
    this.#depth -= 1;
    return expression;
  }

  #binary(level: number): Expression {
    if (level < 0) return this.#not();
    let left = this.#binary(level - 1);
    for (;;) {
      const operator = this.#operatorOf(level);
      if (operator === undefined) return left;
      this.#take();
      const right = this.#binary(level - 1);
      left = { kind: "binary", operator, left, right, start: left.start, end: right.end };
    }
  }

  #operatorOf(level: number): BinaryOperator | undefined {
    const { kind, text } = this.#next;
    if (kind !== "symbol" && kind !== "keyword") return undefined;
    const operator = text.toUpperCase();
    if (!LEVELS[level]!.includes(operator)) return undefined;
    return (operator === "<>" ? "!=" : operator) as BinaryOperator;
  }

  #not(): Expression {
    const token = this.#next;
    if (token.kind === "keyword" && token.text.toUpperCase() === "NOT") {
      return this.#unary("NOT", () => this.#not());
    }
    return this.#minus();
  }

  #minus(): Expression {
    if (this.#next.kind === "symbol" && this.#next.text === "-") {
      return this.#unary("-", () => this.#minus());
    }
    return this.#primary();
  }

  #unary(operator: "-" | "NOT", parseOperand: () => Expression): Expression {
    if (this.#depth >= DEPTH_MAX) {
      throw new SyntaxProblem(`More than ${DEPTH_MAX} expressions inside one another`, this.#next);
    }
    const { start } = this.#take();
    this.#depth += 1;
    const operand = parseOperand();
    this.#depth -= 1;
    return { kind: "unary", operator, operand, start, end: operand.end };
  }

  #primary(): Expression {
    const token = this.#take();
    const { start, end, text } = token;
    switch (token.kind) {
      case "string":
        return { kind: "literal", value: unquote(text), start, end };
      case "integer":
      case "hex":
      case "real":
        return { kind: "literal", value: numberOf(text), start, end };
      case "literal":
        return { kind: "literal", value: LITERALS[text], start, end };
      case "name":
        return this.#call(token) ?? { kind: "property", name: text, start, end };
      case "systemPath":
        return { kind: "system", path: text.slice(1), isBraced: false, start, end };
      case "symbol":
        if (text === "(") return this.#inParentheses(token);
        if (text === "{") return this.#inBraces(token);
        throw unexpected(token);
      case "unterminated":
        throw new SyntaxProblem("A string has no end", token);
      default:
        throw unexpected(token);
    }
  }

  #inParentheses(opening: Token): Expression {
    const inner = this.#expression();
    const { end } = this.#expect(")", opening);
    return { ...inner, start: opening.start, end };
  }

  #inBraces(opening: Token): Expression {
    const token = this.#take();
    if (token.kind !== "systemPath") throw unexpected(token);
    const { end } = this.#expect("}", opening);
    const path = token.text.slice(1);
    return { kind: "system", path, isBraced: true, start: opening.start, end };
  }

  #call({ text: name, start }: Token): Expression | undefined {
    const opening = this.#takeSymbol("(");
    if (opening === undefined) return undefined;
    const args: Expression[] = [];
    let closing = this.#takeSymbol(")");
    while (closing === undefined) {
      args.push(this.#expression());
      closing = this.#takeSymbol(",") === undefined ? this.#expect(")", opening) : undefined;
    }
    return { kind: "call", name, arguments: args, start, end: closing.end };
  }
}

const LITERALS: Readonly<Record<string, boolean | null | undefined>> = {
  true: true,
  false: false,
  null: null,
};

/** A real without digits, such as `e5`, is the undefined number. */
function numberOf(text: string): number | undefined {
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function unexpected(token: Token): SyntaxProblem {
  return new SyntaxProblem(
    token.kind === "end" ? "The condition ends too early" : `'${token.text}' is not expected here`,
    token,
  );
}
