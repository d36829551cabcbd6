/** A request as far as a signature with the account's key covers it. */
export interface SignedRequest {
  readonly method: string;
  /** As it is in the request, not decoded. */
  readonly path: string;
  /** Decoded; a name may occur more than once. */
  readonly query: Iterable<readonly [name: string, value: string]>;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Headers that are signed by position, each in a line of its own. */
const SIGNED_HEADERS = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
];

export interface SharedKeyHeader {
  readonly accountName: string;
  /** Base64. */
  readonly signature: string;
}

/** `SharedKey account:signature`; undefined for anything else. */
export function parseSharedKeyHeader(text: string): SharedKeyHeader | undefined {
  const match = /^SharedKey ([^:]+):([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [, accountName = "", signature = ""] = match;
  return { accountName, signature };
}

/** The text that is signed with the account's key. */
export function sharedKeyText(request: SignedRequest, accountName: string): string {
  const lines = SIGNED_HEADERS.map((name) => signedValue(name, request.headers));
  const extensions = [...request.headers]
    .filter(([name]) => name.startsWith("x-ms-"))
    .toSorted(([a], [b]) => compare(a, b))
    .map(([name, value]) => `${name}:${value.trim()}`);
  return [request.method, ...lines, ...extensions, resourceText(request, accountName)].join("\n");
}

function signedValue(name: string, headers: ReadonlyMap<string, string>): string {
  const value = headers.get(name)?.trim() ?? "";
  if (name === "content-length" && value === "0") return "";
  if (name === "date" && headers.has("x-ms-date")) return "";
  return value;
}

function resourceText({ path, query }: SignedRequest, accountName: string): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of query) {
    const lowered = name.toLowerCase();
    values.set(lowered, [...(values.get(lowered) ?? []), value]);
  }
  const lines = [...values]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([name, all]) => `${name}:${all.toSorted(compare).join(",")}`);
  return [`/${accountName}${path}`, ...lines].join("\n");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
