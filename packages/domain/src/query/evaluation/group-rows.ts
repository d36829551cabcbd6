import type { JsonObject, JsonValue } from "../../json/json-value.ts";
import { jsonObject } from "../../json/json-value.ts";
import { valueAt } from "./evaluate.ts";
import { compareTexts, isComposite } from "./compare-values.ts";
import type { Aggregate, Query, QueryValue } from "../language/query-ast.ts";

/** What is known of an aggregate over some of a group's rows; such parts can be merged. */
export interface AggregatePart {
  readonly sum: number;
  /** How many numbers the sum is of. */
  readonly numbers: number;
  readonly min: QueryValue;
  readonly max: QueryValue;
}

export interface GroupPart {
  /** One for each path that is grouped by. */
  readonly keys: readonly QueryValue[];
  readonly rows: number;
  /** One for each projection; those that are none of rows' values stay as they are. */
  readonly aggregates: readonly AggregatePart[];
}

export const NO_VALUES: AggregatePart = { sum: 0, numbers: 0, min: undefined, max: undefined };

/** Collects the groups of a query, from documents or from parts that a store made of many. */
export class GroupRows {
  readonly #query: Query;
  readonly #groups = new Map<string, GroupPart>();

  constructor(query: Query) {
    this.#query = query;
  }

  get count(): number {
    return this.#groups.size;
  }

  add(part: GroupPart): void {
    const id = JSON.stringify(part.keys.map((key) => (key === undefined ? [] : [key])));
    const before = this.#groups.get(id);
    this.#groups.set(id, before === undefined ? part : merge(before, part));
  }

  /** One that matches. */
  addDocument(document: JsonObject): void {
    const { groupBy, projections = [] } = this.#query;
    this.add({
      keys: groupBy.map((path) => valueAt(document, path)),
      rows: 1,
      aggregates: projections.map((projection) =>
        projection.kind === "aggregate" && projection.aggregate.kind !== "count"
          ? partOf(valueAt(document, projection.aggregate.path))
          : NO_VALUES,
      ),
    });
  }

  /** Without anything to group by there is always one row, of nothing if need be. */
  rows(): JsonObject[] {
    const { groupBy, top } = this.#query;
    const groups = [...this.#groups.values()];
    if (groups.length === 0 && groupBy.length === 0) {
      groups.push({ keys: [], rows: 0, aggregates: [] });
    }
    return groups.slice(0, top).map((group) => this.#toRow(group));
  }

  #toRow(group: GroupPart): JsonObject {
    const entries = (this.#query.projections ?? []).map((projection, index) => {
      const value =
        projection.kind === "aggregate"
          ? resultOf(projection.aggregate, group, group.aggregates[index] ?? NO_VALUES)
          : group.keys[this.#keyIndex(projection.path.segments)];
      return [projection.name, value] as const;
    });
    return jsonObject(
      entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
    );
  }

  #keyIndex(segments: readonly (string | number)[]): number {
    return this.#query.groupBy.findIndex(
      (path) => JSON.stringify(path.segments) === JSON.stringify(segments),
    );
  }
}

/** What one value is to each aggregate. */
function partOf(value: QueryValue): AggregatePart {
  const extreme = isComposite(value) ? undefined : value;
  return typeof value === "number"
    ? { sum: value, numbers: 1, min: value, max: value }
    : { ...NO_VALUES, min: extreme, max: extreme };
}

function mergeParts(one: AggregatePart, other: AggregatePart): AggregatePart {
  return {
    sum: one.sum + other.sum,
    numbers: one.numbers + other.numbers,
    min: extremeOf(one.min, other.min, -1),
    max: extremeOf(one.max, other.max, 1),
  };
}

function merge(one: GroupPart, other: GroupPart): GroupPart {
  return {
    keys: one.keys,
    rows: one.rows + other.rows,
    aggregates: one.aggregates.map((part, index) =>
      mergeParts(part, other.aggregates[index] ?? NO_VALUES),
    ),
  };
}

function resultOf(aggregate: Aggregate, group: GroupPart, part: AggregatePart): QueryValue {
  switch (aggregate.kind) {
    case "count":
      return group.rows;
    case "sum":
      return part.numbers === 0 ? undefined : finite(part.sum);
    case "avg":
      return part.numbers === 0 ? undefined : finite(part.sum / part.numbers);
    case "min":
      return part.min;
    case "max":
      return part.max;
  }
}

function finite(value: number): QueryValue {
  return Number.isFinite(value) ? value : undefined;
}

function extremeOf(one: QueryValue, other: QueryValue, direction: 1 | -1): QueryValue {
  if (one === undefined) return other;
  if (other === undefined) return one;
  return order(one, other) * direction >= 0 ? one : other;
}

/** Null, booleans, numbers, texts. */
function order(one: JsonValue, other: JsonValue): number {
  if (typeof one === "string" && typeof other === "string") return compareTexts(one, other);
  const difference = rank(one) - rank(other);
  return difference === 0 ? Number(one) - Number(other) : difference;
}

function rank(value: JsonValue): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return 1;
  return typeof value === "number" ? 2 : 3;
}
