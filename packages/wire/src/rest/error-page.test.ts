import { readFileSync } from "node:fs";
import { HUB_ERROR_CODES } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { REST_ERRORS, REST_ONLY_ERROR_CODES, type RestErrorCode } from "./error-table.ts";

const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");

/** The cells of every row below a heading, its two title rows left out. */
function rowsBelow(heading: string): string[][] {
  const [, section = ""] = page.split(`## ${heading}\n`);
  const lines = (section.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const shared = rowsBelow("Refusals of a hub");
const ofHttps = rowsBelow("Refusals of HTTPS alone");

describe("the page of errors", () => {
  test("lists every code of the domain once, in order", () => {
    expect(shared.map(([code]) => code)).toEqual(HUB_ERROR_CODES);
  });

  test("lists every code of HTTPS once, in order", () => {
    expect(ofHttps.map(([code]) => code)).toEqual(REST_ONLY_ERROR_CODES);
  });

  test("leaves no cell empty", () => {
    expect(shared.filter((row) => row.length !== 5 || row.includes(""))).toEqual([]);
    expect(ofHttps.filter((row) => row.length !== 3 || row.includes(""))).toEqual([]);
  });

  test.each([...shared, ...ofHttps].map(([code = "", , face = ""]) => [code, face]))(
    "says of %s what HTTPS answers: %s",
    (code, face) => {
      const row = REST_ERRORS[code as RestErrorCode];
      expect(face).toBe(`${row.status} ${row.number} ${row.name}`);
    },
  );
});
