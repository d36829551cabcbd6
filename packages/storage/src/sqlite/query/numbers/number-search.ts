import type { PlaceNumbers } from "../../twins/twin-numbers.ts";
import type { TwinPlace } from "../../twins/twin-place.ts";
import { nameOfPlace } from "../../twins/twin-place.ts";
import type { Sql } from "../compile/sql.ts";
import { sql } from "../compile/sql.ts";
import type { NumberCondition } from "./number-condition.ts";

/** Numbers that would have spared a query most of its work. */
export interface NumbersWish {
  readonly place: TwinPlace;
  /** Of all twins. */
  readonly lastId: number;
}

interface Searched extends Omit<NumberCondition, "place"> {
  readonly values: Float64Array;
}

/** Times that one query goes through numbers; a condition with more alternatives goes through the rows, once. */
const SEARCHES_MAX = 16;

/** What one query finds among the numbers that are in memory, and which it misses. */
export class NumberSearch {
  readonly #known: ReadonlyMap<string, PlaceNumbers>;
  readonly #used = new Map<string, TwinPlace>();
  readonly #missed = new Map<string, TwinPlace>();
  #wish: NumbersWish | undefined;
  #searches = 0;

  constructor(all: readonly PlaceNumbers[]) {
    this.#known = new Map(all.map((numbers) => [nameOfPlace(numbers.place), numbers]));
  }

  get used(): readonly TwinPlace[] {
    return [...this.#used.values()];
  }

  get wish(): NumbersWish | undefined {
    return this.#wish;
  }

  /** Told by a query that has to go through many rows, one by one. */
  wouldHelp(lastId: number): void {
    const [place] = this.#missed.values();
    if (place !== undefined) this.#wish = { place, lastId };
  }

  /** Ids of twins whose numbers meet all conditions that can be looked at; undefined when they are more. */
  ids(conditions: readonly NumberCondition[], idsMax: number): Sql | undefined {
    const [first, ...others] = conditions.flatMap((condition) => this.#searched(condition) ?? []);
    if (first === undefined || this.#searches === SEARCHES_MAX) return undefined;
    this.#searches += 1;
    const { values, min, max, among } = first;
    const ids: number[] = [];
    const { length } = values;
    // A million of them, four nanoseconds each, if no closure is made for each. NaN, which stands for no number, is not among any.
    for (let id = 0; id < length; id++) {
      const value = values[id]!;
      if (value >= min && value <= max && (among?.has(value) ?? true) && meetsAll(others, id)) {
        if (ids.length === idsMax) return undefined;
        ids.push(id);
      }
    }
    return sql`(SELECT value AS id FROM json_each(${JSON.stringify(ids)})) AS t`;
  }

  #searched({ place, ...condition }: NumberCondition): Searched | undefined {
    const name = nameOfPlace(place);
    const known = this.#known.get(name);
    (known === undefined ? this.#missed : this.#used).set(name, place);
    return known && { ...condition, values: known.values };
  }
}

/** Beyond the end there is no number either. */
function meetsAll(all: readonly Searched[], id: number): boolean {
  return all.every(({ values, min, max, among }) => {
    const value = values[id]!;
    return value >= min && value <= max && (among?.has(value) ?? true);
  });
}
