import type { MemoryColumn, NumbersColumn, TextsColumn } from "../../twins/memory-column.ts";
import type { NumberCondition } from "./number-condition.ts";
import type { TextCondition } from "./text-condition.ts";

/** Ids of twins that meet a condition, or may, in a column. Beyond its end there are none. */
export interface ColumnSearch {
  /** The first from this one on. */
  next(from: number): number | undefined;
  has(id: number): boolean;
}

/** Undefined for a condition on what the column does not keep. */
export function searchColumn(
  column: MemoryColumn,
  condition: NumberCondition | TextCondition,
): ColumnSearch | undefined {
  if (column.kind === "numbers") {
    return condition.kind === "numbers" ? new NumbersSearch(column, condition) : undefined;
  }
  return condition.kind === "texts" ? new TextsSearch(column, condition) : undefined;
}

// Each goes through a million ids in some milliseconds, which a common loop that asks either would not.

class NumbersSearch implements ColumnSearch {
  readonly #values: Float64Array;
  readonly #condition: NumberCondition;

  constructor({ values }: NumbersColumn, condition: NumberCondition) {
    this.#values = values;
    this.#condition = condition;
  }

  next(from: number): number | undefined {
    const values = this.#values;
    const { min, max, among } = this.#condition;
    // NaN, which stands for no number, is not among any.
    for (let id = from; id < values.length; id++) {
      const value = values[id]!;
      if (value >= min && value <= max && (among?.has(value) ?? true)) return id;
    }
    return undefined;
  }

  has(id: number): boolean {
    const value = this.#values[id]!;
    const { min, max, among } = this.#condition;
    return value >= min && value <= max && (among?.has(value) ?? true);
  }
}

class TextsSearch implements ColumnSearch {
  readonly #values: Int32Array;
  readonly #low: number;
  readonly #high: number;

  constructor({ values }: TextsColumn, { bits }: TextCondition) {
    this.#values = values;
    this.#low = bits.low;
    this.#high = bits.high;
  }

  next(from: number): number | undefined {
    const [values, low, high] = [this.#values, this.#low, this.#high];
    for (let at = 2 * from; at < values.length; at += 2) {
      if ((values[at]! & low) === low && (values[at + 1]! & high) === high) return at / 2;
    }
    return undefined;
  }

  has(id: number): boolean {
    const [values, low, high] = [this.#values, this.#low, this.#high];
    return (values[2 * id]! & low) === low && (values[2 * id + 1]! & high) === high;
  }
}
