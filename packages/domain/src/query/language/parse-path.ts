import type { HubError } from "../../errors/hub-error.ts";
import type { Collection, QueryPath } from "./query-ast.ts";
import { resolveField } from "../query-fields.ts";
import type { QueryToken } from "./query-tokens.ts";
import type { TokenReader } from "./token-reader.ts";

/** Words that begin a clause or join conditions; as the name of anything they are written `[[group]]`. */
const RESERVED = new Set(
  "AND AS ASC BY DESC FALSE FROM GROUP IN NIN NOT NOT_IN NULL OR ORDER SELECT TOP TRUE UNDEFINED WHERE".split(
    " ",
  ),
);

/** Deeper than any document goes. */
const PATH_LENGTH_MAX = 32;
/** An array position beyond this cannot be in any twin. */
const POSITION_MAX = 1_000_000;

/** `tags.a.[[my key]][0]`, with the collection's own name before it or not. Throws `ArgumentInvalid`. */
export function parsePath(reader: TokenReader, collection: Collection): QueryPath {
  const first = reader.peek();
  const isEscaped = first.kind === "escaped";
  const written = [readSegment(reader, true), ...readRest(reader)];
  if (written.length > PATH_LENGTH_MAX) {
    throw reader.error(`a path has at most ${PATH_LENGTH_MAX} parts`, first);
  }
  const segments = isEscaped ? written : withoutPrefix(reader, first, collection, written);
  const path = resolveField(collection, segments);
  if (path === undefined) {
    throw reader.error(`'${String(segments[0])}' is no field of ${collection}`, first);
  }
  return path;
}

function* readRest(reader: TokenReader): Generator<string | number> {
  for (;;) {
    if (reader.takeSymbol(".")) yield readSegment(reader, false);
    else if (reader.takeSymbol("[")) yield readPosition(reader);
    else return;
  }
}

function readSegment(reader: TokenReader, isFirst: boolean): string {
  const token = reader.peek();
  const isName = token.kind === "escaped" || (token.kind === "word" && !isReserved(token, isFirst));
  if (!isName) throw reader.unexpected("a name");
  reader.next();
  return token.text;
}

/** Behind a dot only `group` is known to need its brackets; the rest cannot be misread there. */
function isReserved({ text }: QueryToken, isFirst: boolean): boolean {
  const word = text.toUpperCase();
  return isFirst ? RESERVED.has(word) : word === "GROUP";
}

function readPosition(reader: TokenReader): number {
  const token = reader.peek();
  if (token.kind !== "number" || !/^\d+$/.test(token.text)) throw reader.unexpected("a position");
  if (token.value > POSITION_MAX) throw reader.error("the position is too large");
  reader.next();
  reader.expectSymbol("]");
  return token.value;
}

function withoutPrefix(
  reader: TokenReader,
  first: QueryToken,
  collection: Collection,
  written: readonly (string | number)[],
): readonly (string | number)[] {
  if (fold(written[0]) !== "devices") return written;
  const second = fold(written[1]);
  const prefix = second === "modules" || second === "jobs" ? `devices.${second}` : "devices";
  const rest = written.slice(prefix === "devices" ? 1 : 2);
  if (rest.length === 0) throw reader.error("a collection has no value", first);
  // Condition on the device of a module: `FROM devices.modules WHERE devices.deviceId = '…'`.
  const isOfDevice =
    prefix === "devices" && collection === "devices.modules" && isDeviceId(fold(rest[0]));
  if (prefix !== collection && !isOfDevice)
    throw otherCollection(reader, first, prefix, collection);
  return rest;
}

function otherCollection(
  reader: TokenReader,
  first: QueryToken,
  prefix: string,
  collection: Collection,
): HubError {
  return reader.error(`the query is over ${collection}, not over ${prefix}`, first);
}

function isDeviceId(name: string): boolean {
  return name === "deviceid" || name === "id";
}

function fold(segment: string | number | undefined): string {
  return typeof segment === "string" ? segment.toLowerCase() : "";
}
