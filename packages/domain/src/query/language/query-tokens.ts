import { queryError } from "./query-error.ts";

export type QueryTokenKind = "word" | "escaped" | "string" | "number" | "symbol" | "end";

export interface QueryToken {
  readonly kind: QueryTokenKind;
  /** As it is written; for strings and escaped names what they stand for. */
  readonly text: string;
  /** Numbers only. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const SPACE = /\s*/y;
const WORD = /\$?[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SYMBOL = /!=|<>|<=|>=|[=<>+\-*/%(),.[\]]/y;
const WORD_CHARACTER = /[\p{L}\p{N}_$]/u;
/** Half of a surrogate pair: no store keeps it as it is. */
const HALF_CHARACTER = /\p{Surrogate}/u;
const ESCAPE = /\\(?:(['"\\])|u([0-9a-fA-F]{4}))/y;

/** Throws `ArgumentInvalid` with the place of what no query has. (protocol reference: query-language 2) */
export function readQueryTokens(text: string): readonly QueryToken[] {
  const tokens: QueryToken[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const token = readToken(text, at);
    tokens.push(token);
    at = skip(text, token.end);
  }
  tokens.push({ kind: "end", text: "", value: Number.NaN, start: at, end: at });
  return tokens;
}

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

function readToken(text: string, start: number): QueryToken {
  const first = text.charAt(start);
  if (first === "'" || first === '"') return readString(text, start, first);
  // Before a single bracket, which begins a list or an array position.
  if (text.startsWith("[[", start)) return readEscaped(text, start);
  const word = match(WORD, text, start);
  if (word !== undefined) return token("word", word, start, start + word.length);
  const number = match(NUMBER, text, start);
  if (number !== undefined) return readNumber(text, start, number);
  const symbol = match(SYMBOL, text, start);
  if (symbol !== undefined) return token("symbol", symbol, start, start + symbol.length);
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  throw queryError(text, start, `${JSON.stringify(character)} has no meaning here`);
}

function readString(text: string, start: number, quote: string): QueryToken {
  let value = "";
  let at = start + 1;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === quote) {
      if (HALF_CHARACTER.test(value))
        throw queryError(text, start, "the text has half a character");
      return token("string", value, start, at + 1);
    }
    if (character !== "\\") {
      value += character;
      at += 1;
      continue;
    }
    ESCAPE.lastIndex = at;
    const [all, itself, code] = ESCAPE.exec(text) ?? [];
    if (all === undefined) throw queryError(text, at, "'\\' escapes ', \", \\ and uXXXX only");
    value += itself ?? String.fromCharCode(Number.parseInt(code ?? "", 16));
    at += all.length;
  }
  throw queryError(text, start, "the text has no closing quote");
}

function readEscaped(text: string, start: number): QueryToken {
  const end = text.indexOf("]]", start + 2);
  if (end < 0) throw queryError(text, start, "'[[' has no closing ']]'");
  const name = text.slice(start + 2, end);
  if (name.length === 0) throw queryError(text, start, "'[[]]' names nothing");
  if (HALF_CHARACTER.test(name)) throw queryError(text, start, "the name has half a character");
  return token("escaped", name, start, end + 2);
}

function readNumber(text: string, start: number, digits: string): QueryToken {
  const end = start + digits.length;
  const value = Number(digits);
  if (!Number.isFinite(value)) throw queryError(text, start, `${digits} is too large a number`);
  if (WORD_CHARACTER.test(text.charAt(end))) {
    throw queryError(text, start, "a number ends before a letter");
  }
  return { kind: "number", text: digits, value, start, end };
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function token(kind: QueryTokenKind, text: string, start: number, end: number): QueryToken {
  return { kind, text, value: Number.NaN, start, end };
}
