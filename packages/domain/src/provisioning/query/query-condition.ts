import { argumentInvalid } from "../provisioning-error.ts";
import type { QueryToken } from "./query-tokens.ts";
import { readTokens } from "./query-tokens.ts";

export type QueryValue = string | number | boolean | null | undefined;

/** Fields by their path in lower case. */
export type QueryField = (path: string) => QueryValue;
export type QueryCondition = (field: QueryField) => boolean;

const EVERYTHING: QueryCondition = () => true;
/** Parentheses and NOT nest at most this deep. */
const DEPTH_MAX = 50;

/**
 * The condition of `SELECT * FROM … [WHERE …]`. The address of the request decides which collection is meant, so
 * the word after FROM does not count, and what may follow the condition (grouping, ordering) is left alone.
 * Throws `ArgumentInvalid`. (protocol reference: query-language 8)
 */
export function readQuery(text: string): QueryCondition {
  const tokens = readTokens(text);
  const isWord = (at: number, word: string) => isKeyword(tokens[at], word);
  const from = tokens.findIndex((_, at) => isWord(at, "from"));
  if (!isWord(0, "select") || from < 2 || tokens[from + 1]?.kind !== "name") {
    throw argumentInvalid("A query reads SELECT * FROM a collection");
  }
  if (!isWord(from + 2, "where")) return EVERYTHING;
  return new ConditionReader(tokens, from + 3).read();
}

class ConditionReader {
  readonly #tokens: readonly QueryToken[];
  #at: number;

  constructor(tokens: readonly QueryToken[], at: number) {
    this.#tokens = tokens;
    this.#at = at;
  }

  read(): QueryCondition {
    const condition = this.#or(0);
    const rest = this.#tokens[this.#at];
    if (rest === undefined || isKeyword(rest, "group") || isKeyword(rest, "order"))
      return condition;
    throw argumentInvalid(`A query condition ends before '${rest.text}'`);
  }

  #or(depth: number): QueryCondition {
    const parts = [this.#and(depth)];
    while (this.#take("or")) parts.push(this.#and(depth));
    return (field) => parts.some((part) => part(field));
  }

  #and(depth: number): QueryCondition {
    const parts = [this.#not(depth)];
    while (this.#take("and")) parts.push(this.#not(depth));
    return (field) => parts.every((part) => part(field));
  }

  #not(depth: number): QueryCondition {
    if (depth > DEPTH_MAX) throw argumentInvalid("A query condition is nested too deep");
    if (this.#take("not")) {
      const inner = this.#not(depth + 1);
      return (field) => !inner(field);
    }
    if (!this.#takeSymbol("(")) return this.#comparison();
    const inner = this.#or(depth + 1);
    if (!this.#takeSymbol(")")) throw argumentInvalid("A query condition misses a ')'");
    return inner;
  }

  #comparison(): QueryCondition {
    const left = this.#operand();
    const operator = this.#next();
    if (operator?.kind !== "symbol" || !["=", "!=", "<>"].includes(operator.text)) {
      throw argumentInvalid("A query condition compares with =, != or <>");
    }
    const right = this.#operand();
    const wantsEqual = operator.text === "=";
    return (field) => {
      const [one, other] = [left(field), right(field)];
      // What is not there is neither equal nor unequal.
      if (one === undefined || other === undefined) return false;
      return (fold(one) === fold(other)) === wantsEqual;
    };
  }

  #operand(): (field: QueryField) => QueryValue {
    const token = this.#next();
    switch (token?.kind) {
      case "string":
        return () => token.text;
      case "number":
        return () => Number(token.text);
      case "name": {
        const path = token.text.toLowerCase();
        const constant = CONSTANTS.get(path);
        return constant === undefined ? (field) => field(path) : () => constant;
      }
      case "symbol":
      case undefined:
        throw argumentInvalid("A query condition misses a name or a value");
    }
  }

  #next(): QueryToken | undefined {
    return this.#tokens[this.#at++];
  }

  #take(word: string): boolean {
    if (!isKeyword(this.#tokens[this.#at], word)) return false;
    this.#at += 1;
    return true;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "symbol" || token.text !== symbol) return false;
    this.#at += 1;
    return true;
  }
}

const CONSTANTS = new Map<string, boolean>([
  ["true", true],
  ["false", false],
]);

function isKeyword(token: QueryToken | undefined, word: string): boolean {
  return token?.kind === "name" && token.text.toLowerCase() === word;
}

/** Everything that can be asked for here compares without case: ids, host names, words of the contract. */
function fold(value: QueryValue): QueryValue {
  return typeof value === "string" ? value.toLowerCase() : value;
}
