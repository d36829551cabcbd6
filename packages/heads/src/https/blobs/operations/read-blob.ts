import { validateHeaderValue } from "node:http";
import type { RequestedRange, StoredBlob } from "@larimar/domain";
import {
  type SasOverrides,
  formatContentRange,
  formatHttpDate,
  metadataHeaders,
  parseRangeHeader,
  versionHeaders,
} from "@larimar/wire";
import { encodeHeader } from "../../header-text.ts";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";
import { conditionsOf } from "./read-write.ts";

/** Get Blob: all of it, or the range that is asked for. */
export async function readBlob(request: BlobRequest): Promise<Reply> {
  const { resource } = request.authorizeBlob("read");
  const options = { range: rangeOf(request), conditions: conditionsOf(request) };
  const stream = await request.hub.blobs.read(resource, options);
  const { blob, range } = stream;
  const { contentMd5 } = blob.headers;
  const headers = headersOf(blob, request.overrides);
  if (range === undefined) {
    return {
      status: 200,
      headers: {
        ...headers,
        ...(contentMd5 === undefined ? {} : { "content-md5": contentMd5 }),
        "content-length": String(blob.sizeBytes),
      },
      payload: undefined,
      stream,
    };
  }
  return {
    status: 206,
    headers: {
      ...headers,
      // Of the whole blob, which is not what is sent.
      ...(contentMd5 === undefined ? {} : { "x-ms-blob-content-md5": contentMd5 }),
      "content-range": formatContentRange(range, blob.sizeBytes),
      "content-length": String(range.lastByte + 1 - range.firstByte),
    },
    payload: undefined,
    stream,
  };
}

/** Get Blob Properties. */
export async function describeBlob(request: BlobRequest): Promise<Reply> {
  const { resource } = request.authorizeBlob("read");
  const blob = await request.hub.blobs.find(resource, conditionsOf(request));
  const { contentMd5 } = blob.headers;
  return {
    status: 200,
    headers: {
      ...headersOf(blob, request.overrides),
      ...(contentMd5 === undefined ? {} : { "content-md5": contentMd5 }),
      "content-length": String(blob.sizeBytes),
    },
    payload: undefined,
  };
}

function rangeOf(request: BlobRequest): RequestedRange | undefined {
  const own = request.header("x-ms-range");
  // Azure Storage's own header wins. The general one is overlooked when it cannot be read. [RFC 9110 14.2]
  if (own === undefined) return parseRangeHeader(request.header("range") ?? "");
  const range = parseRangeHeader(own);
  if (range !== undefined) return range;
  throw new BlobRequestError(
    "InvalidHeaderValue",
    "The value for one of the HTTP headers is not in the correct format: x-ms-range.",
  );
}

function headersOf(blob: StoredBlob, overrides: SasOverrides | undefined): Record<string, string> {
  const { headers } = blob;
  const described = {
    "content-type": overrides?.contentType || headers.contentType,
    "content-encoding": overrides?.contentEncoding || headers.contentEncoding,
    "content-language": overrides?.contentLanguage || headers.contentLanguage,
    "content-disposition": overrides?.contentDisposition || headers.contentDisposition,
    "cache-control": overrides?.cacheControl || headers.cacheControl,
    ...metadataHeaders(blob.metadata),
  };
  const texts = Object.entries(described).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, headerText(name, value)]],
  );
  return {
    ...(Object.fromEntries(texts) as Record<string, string>),
    ...versionHeaders(blob),
    "accept-ranges": "bytes",
    "x-ms-blob-type": "BlockBlob",
    "x-ms-creation-time": formatHttpDate(blob.createdAtMs),
    "x-ms-lease-state": "available",
    "x-ms-lease-status": "unlocked",
    "x-ms-server-encrypted": "false",
  };
}

/** Signed URLs bring texts that were never headers. */
function headerText(name: string, text: string): string {
  const encoded = encodeHeader(text);
  try {
    validateHeaderValue(name, encoded);
  } catch {
    throw new BlobRequestError("InvalidQueryParameterValue", "A header cannot have that value.");
  }
  return encoded;
}
