import { ExpressionParser } from "./parse-expression.ts";
import { parsePath } from "./parse-path.ts";
import { checkSelection, parseSelection } from "./parse-selection.ts";
import type { Collection, Expression, Query, QueryPath, QueryTarget } from "./query-ast.ts";
import { EVERYTHING, NOTHING } from "./query-ast.ts";
import { queryError } from "./query-error.ts";
import { QUERY_LENGTH_MAX } from "../query-limits.ts";
import { TokenReader } from "./token-reader.ts";

/** `SELECT … FROM … [WHERE …] [GROUP BY …]`. Throws `ArgumentInvalid` with the place in the text. */
export function parseQuery(text: string): Query {
  const reader = readText(text);
  reader.expectWord("SELECT");
  // What a name means depends on the collection, which comes later.
  const selectionAt = reader.mark();
  skipTo(reader, "FROM");
  const collection = parseSource(reader);
  const restAt = reader.mark();
  reader.goTo(selectionAt);
  const { places, ...selection } = parseSelection(reader, collection);
  if (!reader.isWord("FROM")) throw reader.unexpected("FROM");
  reader.goTo(restAt);
  const where = reader.takeWord("WHERE") ? parseExpression(reader, collection) : EVERYTHING;
  const groupBy = reader.takeWord("GROUP") ? parseGroupBy(reader, collection) : [];
  expectEnd(reader);
  const query: Query = { collection, where, groupBy, ...selection };
  checkSelection(reader, query, places);
  return query;
}

/**
 * Whom a job or a configuration is for: a condition on devices, `*` for all of them, or a condition on
 * another collection behind `FROM … WHERE`. Nobody when it is empty. Throws `ArgumentInvalid` with the place
 * in the text. (protocol reference: query-language 7)
 */
export function parseTarget(text: string): QueryTarget {
  const reader = readText(text);
  if (reader.peek().kind === "end") return { collection: "devices", where: NOTHING };
  const hasSource = reader.isWord("FROM");
  const collection = hasSource ? parseSource(reader) : "devices";
  if (hasSource && reader.peek().kind === "end") return { collection, where: EVERYTHING };
  if (hasSource) reader.expectWord("WHERE");
  return { collection, where: parseRest(reader, collection) };
}

/** A condition alone: what stands behind WHERE, or `*` for all. Throws `ArgumentInvalid` with the place. */
export function parseCondition(text: string, collection: Collection = "devices"): Expression {
  return parseRest(readText(text), collection);
}

function readText(text: string): TokenReader {
  if (text.length > QUERY_LENGTH_MAX) {
    throw queryError(text, QUERY_LENGTH_MAX, `a query has at most ${QUERY_LENGTH_MAX} characters`);
  }
  return new TokenReader(text);
}

function parseRest(reader: TokenReader, collection: Collection): Expression {
  const where = reader.takeSymbol("*") ? EVERYTHING : parseExpression(reader, collection);
  expectEnd(reader);
  return where;
}

function parseExpression(reader: TokenReader, collection: Collection): Expression {
  return new ExpressionParser(reader, collection).parse();
}

/** Behind a dot the word is a key that somebody chose. */
function skipTo(reader: TokenReader, word: string): void {
  for (let isKey = false; isKey || !reader.isWord(word);) {
    if (reader.peek().kind === "end") throw reader.unexpected(word);
    isKey = reader.isSymbol(".");
    reader.next();
  }
}

function parseSource(reader: TokenReader): Collection {
  reader.expectWord("FROM");
  if (!reader.takeWord("DEVICES")) throw reader.unexpected("devices");
  if (!reader.takeSymbol(".")) return "devices";
  if (reader.takeWord("MODULES")) return "devices.modules";
  if (reader.takeWord("JOBS")) return "devices.jobs";
  throw reader.unexpected("modules or jobs");
}

function parseGroupBy(reader: TokenReader, collection: Collection): readonly QueryPath[] {
  reader.expectWord("BY");
  const paths: QueryPath[] = [];
  do paths.push(parsePath(reader, collection));
  while (reader.takeSymbol(","));
  return paths;
}

/** Words that other query languages have and people try. */
const OTHER_WORDS = "ORDER HAVING JOIN OFFSET LIMIT LIKE BETWEEN UNION".split(" ");

function expectEnd(reader: TokenReader): void {
  const word = OTHER_WORDS.find((other) => reader.isWord(other));
  if (word !== undefined) throw reader.error(`the language has no ${word}`);
  reader.expectEnd();
}
