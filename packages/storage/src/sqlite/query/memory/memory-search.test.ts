import { parseQuery } from "@larimar/domain";
import { expect, test } from "vitest";
import { keep, keptOf, openColumn } from "../../twins/memory-column.ts";
import { MemorySearch } from "./memory-search.ts";

const place = { section: "reported", keys: ["level"] } as const;

/** Of the columns of a place with these values, at ids from 0 on. */
function searchOf(...values: readonly (number | string | undefined)[]): MemorySearch {
  const columns = (["numbers", "texts"] as const).map((kind) => {
    const column = openColumn({ kind, place }, 8 * values.length);
    for (const [id, value] of values.entries()) keep(column, id, keptOf(kind, value));
    return column;
  });
  return new MemorySearch(columns);
}

const LEVEL = "properties.reported.level";
const conditionOf = (text: string) => parseQuery(`SELECT * FROM devices WHERE ${text}`).where;

/** Ids that are found for conditions that all have to hold; undefined where memory does not tell. */
function found(search: MemorySearch, texts: readonly string[], idsMax = 10): unknown {
  const ids = search.ids(texts.map(conditionOf), idsMax);
  return ids && JSON.parse(String(ids.values[0]));
}

const numbers = () => searchOf(undefined, 1, 2, 3, 4);
const texts = () => searchOf(undefined, "abcdef", "defabc", 3, "", "ABCDEF");

test("a list of numbers is gone through once, however long it is", () => {
  const list = Array.from({ length: 500 }, (_, index) => 2 * index).join(", ");
  expect(found(numbers(), [`${LEVEL} IN [${list}]`])).toEqual([2, 4]);
});

test.each([
  ["texts in a list", `${LEVEL} IN [1, 'one']`],
  ["parts of less than three units", `CONTAINS(${LEVEL}, 'ab')`],
  ["one character of two units", `CONTAINS(${LEVEL}, '\u{1f600}')`],
  ["no part at all", `CONTAINS(${LEVEL}, '')`],
  ["parts that are no text", `CONTAINS(${LEVEL}, 123)`],
  ["what has no part", `NOT CONTAINS(${LEVEL}, 'abc')`],
  ["parts of a literal", `CONTAINS('abcdef', ${LEVEL})`],
  ["parts of ids", "CONTAINS(deviceId, 'abc')"],
  ["kinds of values", `IS_STRING(${LEVEL})`],
])("%s are nothing that memory knows about", (_, condition) => {
  const search = texts();
  expect(found(search, [condition])).toBeUndefined();
  search.wouldHelp(10);
  expect([search.used, search.wish]).toEqual([[], undefined]);
});

test.each(["CONTAINS", "STARTSWITH", "ENDSWITH"])(
  "%s finds texts with all bits of a part",
  (name) => {
    expect(found(texts(), [`${name}(${LEVEL}, 'abc')`])).toEqual([1, 2]);
    expect(found(texts(), [`${name}(${LEVEL}, 'cde')`])).toEqual([1]);
  },
);

test("a number and a part of a text are looked for in columns of their own", () => {
  const search = texts();
  expect(found(search, [`${LEVEL} >= 3`, `CONTAINS(${LEVEL}, 'abc')`])).toEqual([]);
  expect(search.used).toEqual([
    { kind: "numbers", place },
    { kind: "texts", place },
  ]);
});

test("a column that is not there is wished for, the first that was missed before others", () => {
  const search = new MemorySearch([]);
  expect(found(search, [`CONTAINS(${LEVEL}, 'abc')`, `${LEVEL} >= 3`])).toBeUndefined();
  expect(search.wish).toBeUndefined();
  search.wouldHelp(10);
  expect(search.wish).toEqual({ kind: "texts", place, lastId: 10 });
});

test.each([
  { search: numbers, condition: `${LEVEL} >= 3` },
  { search: texts, condition: `CONTAINS(${LEVEL}, 'abc')` },
])("more ids than are of use for $condition are none", ({ search, condition }) => {
  expect(found(search(), [condition], 1)).toBeUndefined();
  expect(found(search(), [condition], 2)).toHaveLength(2);
});

test("a query with very many alternatives does not go through a column for each", () => {
  const search = numbers();
  const outcomes = Array.from({ length: 20 }, () => found(search, [`${LEVEL} = 1`]));
  expect(outcomes.filter((ids) => ids !== undefined)).toHaveLength(16);
});
