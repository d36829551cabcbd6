import { parsePath } from "./parse-path.ts";
import type { Aggregate, Collection, Projection, Query } from "./query-ast.ts";
import { isGrouped, isSamePath } from "./query-ast.ts";
import type { QueryToken } from "./query-tokens.ts";
import type { TokenReader } from "./token-reader.ts";

export interface Selection extends Pick<Query, "top" | "projections"> {
  /** Where each projection stands, for errors that show only when the rest of the query is known. */
  readonly places: readonly QueryToken[];
}

const AGGREGATES = ["count", "avg", "sum", "min", "max"] as const;

export function parseSelection(reader: TokenReader, collection: Collection): Selection {
  if (reader.isWord("DISTINCT")) throw reader.error("the language has no DISTINCT");
  const start = reader.peek();
  const top = reader.takeWord("TOP") ? parseTop(reader) : undefined;
  if (reader.takeSymbol("*")) {
    if (reader.isSymbol(",")) throw reader.error("'*' stands alone");
    return { top, projections: undefined, places: [start] };
  }
  const places: QueryToken[] = [];
  const projections: Projection[] = [];
  do {
    const place = reader.peek();
    const projection = parseProjection(reader, collection, projections);
    if (projections.some(({ name }) => name === projection.name)) {
      throw reader.error(`the result would have '${projection.name}' twice`, place);
    }
    projections.push(projection);
    places.push(place);
  } while (reader.takeSymbol(","));
  return { top, projections, places };
}

/** Rules about the query as a whole. (protocol reference: query-language 4, 5) */
export function checkSelection(
  reader: TokenReader,
  query: Query,
  places: readonly QueryToken[],
): void {
  const [start] = places;
  const { collection, groupBy, projections, top } = query;
  if (collection === "devices.jobs") {
    if (projections !== undefined || groupBy.length > 0 || top !== undefined) {
      throw reader.error("devices.jobs knows SELECT * only", start);
    }
  }
  if (!isGrouped(query)) return;
  if (projections === undefined) throw reader.error("'*' cannot be grouped", start);
  for (const [index, projection] of projections.entries()) {
    if (projection.kind === "aggregate") continue;
    if (!groupBy.some((path) => isSamePath(path, projection.path))) {
      throw reader.error(`'${projection.name}' is neither grouped nor aggregated`, places[index]);
    }
  }
}

function parseTop(reader: TokenReader): number {
  const token = reader.peek();
  if (token.kind !== "number" || !Number.isSafeInteger(token.value)) {
    throw reader.unexpected("a whole number");
  }
  return reader.next().value;
}

function parseProjection(
  reader: TokenReader,
  collection: Collection,
  before: readonly Projection[],
): Projection {
  if (reader.isSymbol("*")) throw reader.error("'*' stands alone");
  const aggregate = parseAggregate(reader, collection);
  if (aggregate === undefined) {
    const path = parsePath(reader, collection);
    return { kind: "path", path, name: parseAlias(reader) ?? path.name };
  }
  const unnamed = before.filter(({ name }) => /^\$\d+$/.test(name)).length;
  return { kind: "aggregate", aggregate, name: parseAlias(reader) ?? `$${unnamed + 1}` };
}

function parseAggregate(reader: TokenReader, collection: Collection): Aggregate | undefined {
  const kind = AGGREGATES.find((name) => reader.isWord(name.toUpperCase()));
  if (kind === undefined || !reader.isSymbol("(", 1)) return undefined;
  reader.next();
  reader.expectSymbol("(");
  if (kind === "count") {
    reader.takeSymbol("*");
    reader.expectSymbol(")");
    return { kind };
  }
  const path = parsePath(reader, collection);
  reader.expectSymbol(")");
  return { kind, path };
}

function parseAlias(reader: TokenReader): string | undefined {
  if (!reader.takeWord("AS")) return undefined;
  const token = reader.peek();
  if (token.kind !== "word" && token.kind !== "escaped") throw reader.unexpected("a name");
  return reader.next().text;
}
