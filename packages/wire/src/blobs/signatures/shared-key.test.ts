import { describe, expect, test } from "vitest";
import { parseSharedKeyHeader, sharedKeyText } from "./shared-key.ts";

const request = {
  method: "PUT",
  path: "/account/container/a%20b",
  query: [
    ["comp", "block"],
    ["Timeout", "30"],
    ["prefix", "b"],
    ["prefix", "a"],
  ] as const,
  headers: new Map([
    ["content-length", "0"],
    ["content-type", "text/plain"],
    ["x-ms-version", "2020-10-02"],
    ["x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"],
    ["date", "overruled"],
    ["x-ms-blob-type", " BlockBlob "],
    ["user-agent", "not signed"],
    ["range", "bytes=0-1"],
  ]),
};

describe("a request signed with the account's key", () => {
  test("signs its headers by position, its own in order, and the resource with its query", () => {
    expect(sharedKeyText(request, "account").split("\n")).toEqual([
      "PUT",
      "", // content-encoding
      "", // content-language
      "", // content-length, empty for none
      "", // content-md5
      "text/plain",
      "", // date, when x-ms-date says it
      "", // if-modified-since
      "", // if-match
      "", // if-none-match
      "", // if-unmodified-since
      "bytes=0-1",
      "x-ms-blob-type:BlockBlob",
      "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT",
      "x-ms-version:2020-10-02",
      "/account/account/container/a%20b",
      "comp:block",
      "prefix:a,b",
      "timeout:30",
    ]);
  });

  test("signs its date where there is no other", () => {
    const headers = new Map([["date", "Fri, 26 Jun 2015 23:39:12 GMT"]]);
    const lines = sharedKeyText({ ...request, headers }, "account").split("\n");
    expect(lines[6]).toBe("Fri, 26 Jun 2015 23:39:12 GMT");
  });

  test("names the account and the signature", () => {
    expect(parseSharedKeyHeader("SharedKey account:c2ln+/A=")).toEqual({
      accountName: "account",
      signature: "c2ln+/A=",
    });
  });

  test.each([
    "",
    "Bearer x",
    "SharedKey account",
    "SharedKey :c2ln",
    "SharedKey a:b c",
    "SharedKeyLite a:b",
  ])("is not what %j says", (text) => {
    expect(parseSharedKeyHeader(text)).toBeUndefined();
  });
});
