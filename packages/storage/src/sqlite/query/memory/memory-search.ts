import type { Expression } from "@larimar/domain";
import type { MemoryColumn, MemoryKey } from "../../twins/memory-column.ts";
import { nameOfMemory } from "../../twins/memory-column.ts";
import type { Sql } from "../compile/sql.ts";
import { sql } from "../compile/sql.ts";
import type { ColumnSearch } from "./column-search.ts";
import { searchColumn } from "./column-search.ts";
import { numberCondition } from "./number-condition.ts";
import { textCondition } from "./text-condition.ts";

/** A column that would have spared a query most of its work. */
export interface MemoryWish extends MemoryKey {
  /** Of all twins. */
  readonly lastId: number;
}

/** Times that one query goes through columns; a condition with more alternatives goes through the rows, once. */
const SEARCHES_MAX = 16;

/** What one query finds among the values that are in memory, and which it misses. */
export class MemorySearch {
  readonly #columns: ReadonlyMap<string, MemoryColumn>;
  readonly #used = new Map<string, MemoryKey>();
  readonly #missed = new Map<string, MemoryKey>();
  #wish: MemoryWish | undefined;
  #searches = 0;

  constructor(columns: readonly MemoryColumn[]) {
    this.#columns = new Map(columns.map((column) => [nameOfMemory(column), column]));
  }

  get used(): readonly MemoryKey[] {
    return [...this.#used.values()];
  }

  get wish(): MemoryWish | undefined {
    return this.#wish;
  }

  /** Told by a query that has to go through many rows, one by one. */
  wouldHelp(lastId: number): void {
    const [missed] = this.#missed.values();
    if (missed !== undefined) this.#wish = { ...missed, lastId };
  }

  /** Ids of twins that meet all conditions that can be looked at, or may; undefined when they are more. */
  ids(conditions: readonly Expression[], idsMax: number): Sql | undefined {
    const [first, ...others] = conditions.flatMap((condition) => this.#searchFor(condition) ?? []);
    if (first === undefined || this.#searches === SEARCHES_MAX) return undefined;
    this.#searches += 1;
    const ids: number[] = [];
    for (let id = first.next(0); id !== undefined; id = first.next(id + 1)) {
      const found = id;
      if (!others.every((other) => other.has(found))) continue;
      if (ids.length === idsMax) return undefined;
      ids.push(id);
    }
    return sql`(SELECT value AS id FROM json_each(${JSON.stringify(ids)})) AS t`;
  }

  #searchFor(expression: Expression): ColumnSearch | undefined {
    const condition = numberCondition(expression) ?? textCondition(expression);
    if (condition === undefined) return undefined;
    const { kind, place } = condition;
    const name = nameOfMemory(condition);
    const column = this.#columns.get(name);
    (column === undefined ? this.#missed : this.#used).set(name, { kind, place });
    return column && searchColumn(column, condition);
  }
}
