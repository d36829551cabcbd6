import type { BlobConditions, BlobHeaders } from "@larimar/domain";
import { type Reading, invalid, read } from "../../rest/reading.ts";
import { formatHttpDate, parseHttpDate } from "./http-date.ts";

/** Names in lower case. */
export type HeaderReader = (name: string) => string | undefined;

/** What a blob is written with: a header of the request itself, unless one for the blob says otherwise. */
export function readBlobHeaders(header: HeaderReader, options: { isWhole: boolean }): BlobHeaders {
  // The headers of a list of blocks are about the list.
  const own = (name: string) => (options.isWhole ? header(name) : undefined);
  return {
    contentType:
      header("x-ms-blob-content-type") || own("content-type") || "application/octet-stream",
    contentEncoding: header("x-ms-blob-content-encoding") || own("content-encoding") || undefined,
    contentLanguage: header("x-ms-blob-content-language") || own("content-language") || undefined,
    contentDisposition: header("x-ms-blob-content-disposition") || undefined,
    cacheControl: header("x-ms-blob-cache-control") || own("cache-control") || undefined,
    contentMd5: header("x-ms-blob-content-md5") || undefined,
  };
}

const METADATA_PREFIX = "x-ms-meta-";

/** Names keep their case; values are text in one byte for each character. */
export function readMetadata(
  headers: Iterable<readonly [name: string, value: string]>,
): Reading<ReadonlyMap<string, string>> {
  const metadata = new Map<string, string>();
  for (const [name, value] of headers) {
    if (!name.toLowerCase().startsWith(METADATA_PREFIX)) continue;
    const key = name.slice(METADATA_PREFIX.length);
    if (!/^[A-Za-z_]\w*$/.test(key)) return invalid(`'${key}' is not a name of metadata`);
    metadata.set(key, value);
  }
  return read(metadata);
}

export function metadataHeaders(metadata: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...metadata].map(([key, value]) => [METADATA_PREFIX + key, value]));
}

export function readBlobConditions(header: HeaderReader): Reading<BlobConditions> {
  const etags = (name: string) => header(name)?.split(",").map(stripEtag);
  const ifModifiedSinceMs = readDate(header("if-modified-since"));
  const ifUnmodifiedSinceMs = readDate(header("if-unmodified-since"));
  if (ifModifiedSinceMs === "invalid" || ifUnmodifiedSinceMs === "invalid") {
    return invalid("A condition's date is not an HTTP date");
  }
  return read({
    ifMatch: etags("if-match"),
    ifNoneMatch: etags("if-none-match"),
    ifModifiedSinceMs,
    ifUnmodifiedSinceMs,
  });
}

function stripEtag(text: string): string {
  return text.trim().replace(/^(?:W\/)?"(.*)"$/, "$1");
}

function readDate(text: string | undefined): number | undefined | "invalid" {
  return text === undefined ? undefined : (parseHttpDate(text) ?? "invalid");
}

/** What says which content it was, wherever a blob is written or read. */
export function versionHeaders(blob: {
  readonly etag: string;
  readonly lastModifiedMs: number;
}): Record<string, string> {
  return { etag: `"${blob.etag}"`, "last-modified": formatHttpDate(blob.lastModifiedMs) };
}
