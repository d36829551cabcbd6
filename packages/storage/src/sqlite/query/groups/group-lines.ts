import type { AggregatePart, GroupPart, QueryValue } from "@larimar/domain";
import { NO_VALUES } from "@larimar/domain";
import { ValueTotals } from "./value-totals.ts";

/** The fields of a line, with tabs between them: keys first, then the values that are aggregated. */
export interface LineShape {
  readonly keyCount: number;
  readonly valueCount: number;
  /** For each projection, which of the values it aggregates. */
  readonly valueColumns: readonly (number | undefined)[];
}

interface OpenGroup {
  rows: number;
  readonly totals: readonly ValueTotals[];
}

/** Groups of lines whose keys are the same text. */
export class GroupLines {
  readonly #shape: LineShape;
  readonly #groups = new Map<string, OpenGroup>();

  constructor(shape: LineShape) {
    this.#shape = shape;
  }

  get count(): number {
    return this.#groups.size;
  }

  /** Rows, and the lines that they are when there is anything to read in them. */
  add(rows: number, text: string | null): void {
    if (rows === 0) return;
    const { keyCount, valueCount } = this.#shape;
    if (text === null) {
      this.#group("").rows += rows;
    } else if (valueCount === 0) {
      this.#count(text);
    } else {
      for (const line of text.split("\n")) this.#addLine(line, keyCount);
    }
  }

  /** What came together so far; begins anew. */
  take(): GroupPart[] {
    const parts = [...this.#groups].map(([keys, group]) => this.#toPart(keys, group));
    this.#groups.clear();
    return parts;
  }

  /** Many lines are like the one before, and need not even be cut out. */
  #count(text: string): void {
    let line = "";
    let group: OpenGroup | undefined;
    for (let start = 0; start <= text.length; start += line.length + 1) {
      const end = start + line.length;
      const isSame = text.startsWith(line, start) && (end === text.length || text[end] === "\n");
      if (!isSame || group === undefined) {
        const found = text.indexOf("\n", start);
        line = text.slice(start, found < 0 ? text.length : found);
        group = this.#group(line);
      }
      group.rows += 1;
    }
  }

  #addLine(line: string, keyCount: number): void {
    let end = -1;
    for (let key = 0; key < keyCount; key++) end = line.indexOf("\t", end + 1);
    const { rows: _, totals } = this.#withRow(end < 0 ? "" : line.slice(0, end));
    for (const total of totals) {
      const start = end + 1;
      end = line.indexOf("\t", start);
      if (end < 0) end = line.length;
      total.add(line, start, end);
    }
  }

  #withRow(keys: string): OpenGroup {
    const group = this.#group(keys);
    group.rows += 1;
    return group;
  }

  #group(keys: string): OpenGroup {
    let group = this.#groups.get(keys);
    if (group === undefined) {
      const totals = Array.from({ length: this.#shape.valueCount }, () => new ValueTotals());
      group = { rows: 0, totals };
      this.#groups.set(keys, group);
    }
    return group;
  }

  #toPart(keys: string, { rows, totals }: OpenGroup): GroupPart {
    const parts = totals.map((total) => total.toPart());
    return {
      keys: this.#shape.keyCount === 0 ? [] : keys.split("\t").map(parse),
      rows,
      aggregates: this.#shape.valueColumns.map((column): AggregatePart =>
        column === undefined ? NO_VALUES : (parts[column] ?? NO_VALUES),
      ),
    };
  }
}

function parse(text: string): QueryValue {
  return text === "" ? undefined : (JSON.parse(text) as QueryValue);
}
