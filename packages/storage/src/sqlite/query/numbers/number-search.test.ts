import { parseQuery } from "@larimar/domain";
import { expect, test } from "vitest";
import { numberCondition } from "./number-condition.ts";
import { NumberSearch } from "./number-search.ts";

const place = { section: "reported", keys: ["level"] } as const;
const values = Float64Array.from([Number.NaN, 1, 2, 3, 4]);
const search = () => new NumberSearch([{ place, values }]);

function condition(text: string) {
  const { where } = parseQuery(`SELECT * FROM devices WHERE properties.reported.level ${text}`);
  return numberCondition(where)!;
}

test("a list of numbers is gone through once, however long it is", () => {
  const list = Array.from({ length: 500 }, (_, index) => 2 * index).join(", ");
  const found = search().ids([condition(`IN [${list}]`)], 10);
  expect(found?.values).toEqual(["[2,4]"]);
});

test("texts in a list are nothing that numbers know about", () => {
  const { where } = parseQuery(
    "SELECT * FROM devices WHERE properties.reported.level IN [1, 'one']",
  );
  expect(numberCondition(where)).toBeUndefined();
});

test("a query with very many alternatives does not go through the numbers for each", () => {
  const numbers = search();
  const outcomes = Array.from({ length: 20 }, () => numbers.ids([condition("= 1")], 10));
  expect(outcomes.filter((found) => found !== undefined)).toHaveLength(16);
});
