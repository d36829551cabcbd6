// Throws a million hostile texts at the query language. Each is made from a seed, so that a failure names the
// text that caused it.
import type { JsonObject } from "@larimar/domain";
import {
  HubError,
  evaluateQuery,
  matchesCondition,
  parseQuery,
  parseTarget,
} from "@larimar/domain";
import { expect, test } from "vitest";
import { randomOf } from "./seeded-random.ts";

const INPUTS = 1_000_000;
/** A slow machine tries fewer. */
const BUDGET_MS = 40_000;
const INPUTS_BETWEEN_LOOKS = 10_000;
const PIECES_MAX = 14;

const DOCUMENT: JsonObject = {
  deviceId: "d1",
  status: "enabled",
  version: 3,
  tags: { a: 1, b: "x", group: [1, "2", null, true], c: { d: 0.5 } },
  properties: { desired: { $version: 1 }, reported: { a: "é", $version: 2 } },
};

/** Pieces that lead deeper into the parser than chance would. */
const PIECES: readonly string[] = [
  ..."SELECT FROM WHERE GROUP BY AS TOP AND OR NOT IN NIN NOT_IN NULL true undefined".split(" "),
  ..."* ( ) [ ] [[ ]] , . = != <> < <= > >= + - / % ' \" \\ $".split(" "),
  ..."devices devices.modules devices.jobs tags.a tags.b tags.[[group]] tags.group[0]".split(" "),
  ..."properties.desired.$version properties.reported.a deviceId jobType jobId".split(" "),
  ..."COUNT() AVG(tags.a) MIN( IS_DEFINED( STARTSWITH( ARRAY_CONTAINS( is_null(tags.a)".split(" "),
  ..."'x' \"y\" '\\u00e9' 1 0 1.5e3 0x1F 1e999 -1 ['a','b'] [1,null] 1- --".split(" "),
  ..."\u0000 é \u{1f600} \ud800 \t \n ; ORDER LIMIT DISTINCT".split(" "),
  "SELECT * FROM devices WHERE ",
  "SELECT tags.a, COUNT() AS n FROM devices GROUP BY tags.a ",
];

function makeInput(random: () => number): string {
  const pieces = Array.from({ length: 1 + (random() % PIECES_MAX) }, () =>
    random() % 16 === 0
      ? String.fromCharCode(random() & 0xff_ff)
      : (PIECES[random() % PIECES.length] ?? ""),
  );
  return pieces.join(random() % 4 === 0 ? "" : " ");
}

/** Whether the text was understood; what was understood also means something. */
function understands(text: string): boolean {
  try {
    evaluateQuery(parseQuery(text), [DOCUMENT]);
    return true;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    expectPlace(error, text);
  }
  try {
    matchesCondition(parseTarget(text).where, DOCUMENT);
    return true;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return false;
  }
}

function expectPlace({ details }: HubError, text: string): void {
  const position = details["position"];
  if (typeof position !== "number" || position < 0 || position > text.length) {
    throw new Error(`no place in the text: ${String(position)}`);
  }
}

test("no text makes the query language throw anything but an error with its place", () => {
  const startedAtMs = performance.now();
  let inputs = 0;
  let understood = 0;
  for (; inputs < INPUTS; inputs++) {
    if (inputs % INPUTS_BETWEEN_LOOKS === 0 && performance.now() - startedAtMs > BUDGET_MS) break;
    const text = makeInput(randomOf(inputs));
    try {
      if (understands(text)) understood++;
    } catch (error) {
      throw new Error(`seed ${inputs}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  expect(inputs).toBeGreaterThan(0);
  // Otherwise the texts would all fail at their first word.
  expect(understood).toBeGreaterThan(inputs / 100);
});

test.each([
  "(".repeat(8000),
  `${"NOT ".repeat(2000)}true`,
  `SELECT * FROM devices WHERE ${"- ".repeat(4000)}1 = 1`,
  `SELECT * FROM devices WHERE ${"1 + ".repeat(2000)}1 = 1`,
  `SELECT * FROM devices WHERE tags${".a".repeat(4000)} = 1`,
  `SELECT * FROM devices WHERE tags.a IN [${"[".repeat(4000)}`,
  "x".repeat(8193),
])("a text that goes too deep or too far is refused", (text) => {
  expect(() => parseQuery(text)).toThrow(HubError);
  expect(() => parseTarget(text)).toThrow(HubError);
});

test("a condition as long as may be is no problem", () => {
  const terms = Array.from({ length: 670 }, () => "tags.a=1").join(" OR ");
  const query = parseQuery(`SELECT * FROM devices WHERE ${terms}`);
  expect(evaluateQuery(query, [DOCUMENT])).toHaveLength(1);
});
