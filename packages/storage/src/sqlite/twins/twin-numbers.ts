import type { StorageLimits } from "../../storage-limits.ts";
import type { TwinPlace, TwinSections } from "./twin-place.ts";
import { nameOfPlace, valueAt } from "./twin-place.ts";

/** The numbers that twins have at a place, at the ids of the twins; NaN where there is none. */
export interface PlaceNumbers {
  readonly place: TwinPlace;
  readonly values: Float64Array;
}

interface Column extends PlaceNumbers {
  /** What changed while a thread still reads what the database has; undefined once it is done. */
  changes: Map<number, number> | undefined;
}

type TwinNumbersLimits = Pick<StorageLimits, "twinNumbersBytesMax" | "twinNumbersChangesMax">;

/** So many more ids can be given before the numbers have to be read anew. */
const ROOM_TO_GROW = 1.25;
const ROOM_MIN = 4096;

/**
 * Numbers of twins in memory, for places that queries ask about: those that devices report change too often
 * for an index on disk. Threads of queries read them, and look each twin up that they find here; the event
 * loop alone writes them, with every commit. (decision 11)
 */
export class TwinNumbers {
  readonly #limits: TwinNumbersLimits;
  /** The place that was asked about longest ago comes first. */
  readonly #columns = new Map<string, Column>();

  constructor(limits: TwinNumbersLimits) {
    this.#limits = limits;
  }

  /** Those that can be asked. */
  get all(): readonly PlaceNumbers[] {
    return [...this.#columns.values()].filter(({ changes }) => changes === undefined);
  }

  /** After a commit that the twin is in. */
  changed(id: number, twin: TwinSections): void {
    for (const [name, column] of this.#columns) {
      const value = valueAt(twin, column.place);
      const number = typeof value === "number" ? value : Number.NaN;
      if (!this.#take(column, id, number)) this.#columns.delete(name);
    }
  }

  /**
   * Numbers for a thread to fill with what a snapshot has that begins from now on; undefined when they are
   * known already, or would take too much memory.
   */
  begin(place: TwinPlace, lastId: number): PlaceNumbers | undefined {
    const name = nameOfPlace(place);
    const length = Math.max(Math.ceil(lastId * ROOM_TO_GROW), lastId + ROOM_MIN) + 1;
    const bytes = length * Float64Array.BYTES_PER_ELEMENT;
    if (this.#columns.has(name) || bytes > this.#limits.twinNumbersBytesMax) return undefined;
    for (const [oldest] of this.#columns) {
      if (this.#bytes() + bytes <= this.#limits.twinNumbersBytesMax) break;
      this.#columns.delete(oldest);
    }
    const values = new Float64Array(new SharedArrayBuffer(bytes));
    this.#columns.set(name, { place, values, changes: new Map() });
    return { place, values };
  }

  /** What was begun holds what its snapshot has. */
  finish({ place, values }: PlaceNumbers): void {
    const column = this.#columns.get(nameOfPlace(place));
    if (column?.values !== values) return;
    for (const [id, number] of column.changes ?? []) values[id] = number;
    column.changes = undefined;
  }

  /** What was begun will not be filled. */
  abandon({ place, values }: PlaceNumbers): void {
    const name = nameOfPlace(place);
    if (this.#columns.get(name)?.values === values) this.#columns.delete(name);
  }

  used(places: readonly TwinPlace[]): void {
    for (const place of places) {
      const name = nameOfPlace(place);
      const column = this.#columns.get(name);
      if (column === undefined) continue;
      this.#columns.delete(name);
      this.#columns.set(name, column);
    }
  }

  #take({ values, changes }: Column, id: number, number: number): boolean {
    if (id >= values.length) return false;
    if (changes === undefined) values[id] = number;
    else changes.set(id, number);
    return changes === undefined || changes.size <= this.#limits.twinNumbersChangesMax;
  }

  #bytes(): number {
    return [...this.#columns.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
  }
}
