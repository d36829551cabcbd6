import { readFileSync } from "node:fs";
import { BLOB_ERROR_CODES } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { BLOB_ERROR_STATUSES, BLOB_REQUEST_ERROR_CODES, formatBlobError } from "./blob-errors.ts";

const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");

describe("the page of errors", () => {
  test("lists every code of the blob endpoint with its status, in order", () => {
    const [, section = ""] = page.split("## Refusals of the blob endpoint\n");
    const rows = section
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .slice(2)
      .map((line) => line.split("|").map((cell) => cell.trim()));
    expect(rows.map(([, code, , status]) => [code, Number(status)])).toEqual(
      [...BLOB_ERROR_CODES, ...BLOB_REQUEST_ERROR_CODES].map((code) => [
        code,
        BLOB_ERROR_STATUSES[code],
      ]),
    );
    expect(rows.filter(([, , when]) => when === "")).toEqual([]);
  });
});

test("an error's body is XML whatever its text holds", () => {
  const report = { code: "BlobNotFound", requestId: "r", nowMs: 0 } as const;
  expect(formatBlobError({ ...report, message: `<&"'>` })).toBe(
    '<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code>' +
      "<Message>&lt;&amp;&quot;&apos;&gt;\nRequestId:r\nTime:1970-01-01T00:00:00.000Z</Message></Error>",
  );
});
