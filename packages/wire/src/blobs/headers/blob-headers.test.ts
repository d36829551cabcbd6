import { describe, expect, test } from "vitest";
import {
  metadataHeaders,
  readBlobConditions,
  readBlobHeaders,
  readMetadata,
  versionHeaders,
} from "./blob-headers.ts";
import { parseHttpDate } from "./http-date.ts";
import { formatContentRange, parseRangeHeader } from "./range-header.ts";

const readerOf = (headers: Record<string, string>) => (name: string) =>
  Object.hasOwn(headers, name) ? headers[name] : undefined;

describe("the headers of a blob", () => {
  const own = {
    "content-type": "application/xml",
    "content-encoding": "gzip",
    "content-language": "de",
    "cache-control": "no-cache",
  };
  const forBlob = {
    "x-ms-blob-content-type": "text/plain",
    "x-ms-blob-content-encoding": "br",
    "x-ms-blob-content-language": "en",
    "x-ms-blob-content-disposition": "attachment",
    "x-ms-blob-cache-control": "no-store",
    "x-ms-blob-content-md5": "md5",
  };

  test("are the request's own when the request brings the content", () => {
    expect(readBlobHeaders(readerOf(own), { isWhole: true })).toEqual({
      contentType: "application/xml",
      contentEncoding: "gzip",
      contentLanguage: "de",
      contentDisposition: undefined,
      cacheControl: "no-cache",
      contentMd5: undefined,
    });
  });

  test("are none of the request's when that brings a list", () => {
    expect(readBlobHeaders(readerOf(own), { isWhole: false })).toMatchObject({
      contentType: "application/octet-stream",
      contentEncoding: undefined,
    });
  });

  test("are those meant for the blob before all others", () => {
    for (const isWhole of [true, false]) {
      expect(readBlobHeaders(readerOf({ ...own, ...forBlob }), { isWhole })).toEqual({
        contentType: "text/plain",
        contentEncoding: "br",
        contentLanguage: "en",
        contentDisposition: "attachment",
        cacheControl: "no-store",
        contentMd5: "md5",
      });
    }
  });
});

describe("metadata", () => {
  test("keeps the case of its names", () => {
    const reading = readMetadata([
      ["X-MS-Meta-Site", "north"],
      ["x-ms-meta-__proto__", "p"],
      ["x-ms-version", "1"],
    ]);
    const metadata = new Map([
      ["Site", "north"],
      ["__proto__", "p"],
    ]);
    expect(reading).toEqual({ kind: "read", value: metadata });
    expect(Object.entries(metadataHeaders(metadata))).toEqual([
      ["x-ms-meta-Site", "north"],
      ["x-ms-meta-__proto__", "p"],
    ]);
  });

  test.each(["", "1st", "a-b", "a b"])("has no name like %j", (name) => {
    expect(readMetadata([[`x-ms-meta-${name}`, "v"]]).kind).toBe("invalid");
  });
});

describe("conditions", () => {
  test("name ETags with and without quotes", () => {
    const header = readerOf({ "if-match": '"0x1", W/"0x2",0x3', "if-none-match": "*" });
    expect(readBlobConditions(header)).toMatchObject({
      kind: "read",
      value: { ifMatch: ["0x1", "0x2", "0x3"], ifNoneMatch: ["*"] },
    });
  });

  test("name times in GMT", () => {
    const header = readerOf({
      "if-modified-since": "Tue, 15 Nov 1994 08:12:31 GMT",
      "if-unmodified-since": "Tue, 15 Nov 1994 08:12:32 GMT",
    });
    const ms = Date.UTC(1994, 10, 15, 8, 12, 31);
    expect(readBlobConditions(header)).toMatchObject({
      value: { ifModifiedSinceMs: ms, ifUnmodifiedSinceMs: ms + 1000 },
    });
  });

  test.each(["yesterday", "1994-11-15", "Tue, 15 Nov 1994 08:12:31 CET"])(
    "do not name a time by %j",
    (text) => {
      expect(parseHttpDate(text)).toBeUndefined();
      expect(readBlobConditions(readerOf({ "if-modified-since": text })).kind).toBe("invalid");
    },
  );
});

test("a version is named by ETag and time", () => {
  expect(versionHeaders({ etag: "0x1", lastModifiedMs: 1234 })).toEqual({
    etag: '"0x1"',
    "last-modified": "Thu, 01 Jan 1970 00:00:01 GMT",
  });
});

describe("a range", () => {
  test.each([
    ["bytes=0-0", { firstByte: 0, lastByte: 0 }],
    ["bytes=5-", { firstByte: 5, lastByte: undefined }],
    ["bytes=-5", { suffixBytes: 5 }],
    [" bytes=1-2 ", { firstByte: 1, lastByte: 2 }],
    ["bytes=-", undefined],
    ["bytes=2-1", undefined],
    ["bytes=0-1,3-4", undefined],
    ["items=0-1", undefined],
    ["bytes=a-b", undefined],
    ["bytes=0-99999999999999999999", undefined],
    ["", undefined],
  ])("%j is %o", (text, expected) => {
    expect(parseRangeHeader(text)).toEqual(expected);
  });

  test("says which part of what it is", () => {
    expect(formatContentRange({ firstByte: 1, lastByte: 2 }, 10)).toBe("bytes 1-2/10");
  });
});
