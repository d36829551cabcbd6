import type { HubError } from "../../errors/hub-error.ts";
import { queryError } from "./query-error.ts";
import type { QueryToken } from "./query-tokens.ts";
import { readQueryTokens } from "./query-tokens.ts";

/** Walks over the tokens of a text and says where it went wrong. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly QueryToken[];
  readonly #end: QueryToken;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readQueryTokens(text);
    this.#end = this.#tokens.at(-1)!;
  }

  peek(ahead = 0): QueryToken {
    return this.#tokens[this.#at + ahead] ?? this.#end;
  }

  /** A place to come back to. */
  mark(): number {
    return this.#at;
  }

  goTo(mark: number): void {
    this.#at = mark;
  }

  next(): QueryToken {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "word" && token.text.toUpperCase() === word;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "symbol" && token.text === symbol;
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#at += 1;
    return true;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#at += 1;
    return true;
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(word);
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected(`'${symbol}'`);
  }

  expectEnd(): void {
    if (this.peek().kind !== "end") throw this.unexpected("the end of the query");
  }

  unexpected(wanted: string): HubError {
    const token = this.peek();
    const found =
      token.kind === "end" ? "the query ends" : `found ${this.#text.slice(token.start, token.end)}`;
    return this.error(`${found} where ${wanted} is expected`, token);
  }

  error(problem: string, { start }: Pick<QueryToken, "start"> = this.peek()): HubError {
    return queryError(this.#text, start, problem);
  }
}
