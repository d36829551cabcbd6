import type { Expression, QueryTarget } from "@larimar/domain";
import { candidateIds, idsOfHub } from "./candidate-ids.ts";
import type { ConditionCompiler } from "../compile/compile-condition.ts";
import { startBudget } from "./check-budget.ts";
import { findIds } from "./find-ids.ts";
import type { MemorySearch } from "../memory/memory-search.ts";
import type { QueryBudget } from "../threads/query-calls.ts";
import type { QuerySource } from "../compile/query-source.ts";
import { sourceOf } from "../compile/query-source.ts";
import type { Sql } from "../compile/sql.ts";
import { sql } from "../compile/sql.ts";
import type { StatementCache } from "../statement-cache.ts";

/** Ids that one statement goes through: few enough to stop soon. */
const IDS_PER_CHUNK = 1024;
const IDS_PER_CHUNK_MIN = 64;
const IDS_PER_CHUNK_MAX = 16_384;
/** Characters that one statement may well return; when it were more, the next goes through fewer ids. */
const CHARACTERS_PER_CHUNK = 256 * 1024;

export interface ScanLimits {
  /** So few ids are not worth looking for fewer. */
  readonly idsFew: number;
  /** Rows that a page goes through, some 10 ms, before it looks for a shorter way. */
  readonly rowsBeforeIds: number;
  /** An index is of use when it leaves an eighth of the rows, but at least as many, and at most. */
  readonly idsMin: number;
  readonly idsMax: number;
}

export const SCAN_LIMITS: ScanLimits = {
  idsFew: 1024,
  rowsBeforeIds: 16_384,
  idsMin: 4096,
  idsMax: 65_536,
};

export interface ScanParts {
  readonly statements: StatementCache;
  readonly budget: QueryBudget;
  readonly hub: string;
  readonly memory: MemorySearch;
  readonly limits: ScanLimits;
}

/** Goes through the rows of a collection that meet a condition, some at a time, in the order of their ids. */
export class QueryScan {
  readonly source: QuerySource;
  readonly #parts: ScanParts;
  readonly #where: Sql;
  readonly #expression: Expression;
  readonly #checkBudget: () => void;
  #idsPerChunk = IDS_PER_CHUNK;

  constructor(target: QueryTarget, where: Sql, compiler: ConditionCompiler, parts: ScanParts) {
    this.#parts = parts;
    this.#where = where;
    this.#expression = target.where;
    this.source = sourceOf(target.collection, compiler.tables);
    this.#checkBudget = startBudget(parts.budget);
  }

  /**
   * Rows of each chunk; `tail` groups, orders or limits them. Whoever wants only a page stops when it is full.
   * Throws `QueryStopped`.
   */
  *chunks(
    columns: Sql,
    tail: Sql,
    after: number,
    wanted: "all" | "page" = "all",
  ): Generator<unknown[][], void> {
    const { last, isAlone } = this.#extent();
    const { idsFew, rowsBeforeIds, idsMin, idsMax } = this.#parts.limits;
    const few = this.#ids(isAlone, idsFew);
    if (few !== undefined) return yield* this.#through(few, columns, tail, after);
    const pieces = { columns, tail, isAlone };
    let from = after;
    if (wanted === "page") {
      // Where many match, the first rows fill the page sooner than the ids of all that match are listed.
      from = Math.min(after + rowsBeforeIds, last);
      yield* this.#between(after, from, pieces);
    }
    const ids = this.#ids(isAlone, Math.min(Math.max(Math.floor(last / 8), idsMin), idsMax));
    if (ids !== undefined) return yield* this.#through(ids, columns, tail, from);
    if (last > rowsBeforeIds) this.#parts.memory.wouldHelp(last);
    yield* this.#between(from, last, pieces);
  }

  /** Ids that may be wanted; undefined when an index leaves more. */
  #ids(isAlone: boolean, idsMax: number): readonly number[] | undefined {
    const { statements, hub, memory } = this.#parts;
    const search = { source: this.source, hub, memory, idsMax };
    return findIds({
      statements,
      alternatives: candidateIds(search, this.#expression),
      all: isAlone ? undefined : idsOfHub(this.source, hub),
      idsMax,
    });
  }

  *#between(
    after: number,
    last: number,
    { columns, tail, isAlone }: { columns: Sql; tail: Sql; isAlone: boolean },
  ): Generator<unknown[][], void> {
    const { statements, hub } = this.#parts;
    const where = isAlone ? this.#conditions() : sql`+t.hub = ${hub} AND ${this.#conditions()}`;
    for (let from = after; from < last;) {
      this.#checkBudget();
      const to = Math.min(from + this.#idsPerChunk, last);
      yield statements.all(
        sql`SELECT ${columns} FROM ${this.#table()}
          WHERE t.id > ${from} AND t.id <= ${to} AND ${where} ${tail}`,
      );
      from = to;
    }
  }

  *#through(
    ids: readonly number[],
    columns: Sql,
    tail: Sql,
    after: number,
  ): Generator<unknown[][], void> {
    const { statements, hub } = this.#parts;
    let at = ids.findIndex((id) => id > after);
    while (at >= 0 && at < ids.length) {
      this.#checkBudget();
      const some = JSON.stringify(ids.slice(at, at + this.#idsPerChunk));
      at += this.#idsPerChunk;
      yield statements.all(
        sql`SELECT ${columns} FROM json_each(${some}) AS k CROSS JOIN ${this.#table()}
          WHERE t.id = k.value AND +t.hub = ${hub} AND ${this.#conditions()} ${tail}`,
      );
    }
  }

  /** The last id of all hubs, and whether this hub has all rows. */
  #extent(): { last: number; isAlone: boolean } {
    const { statements, hub } = this.#parts;
    const table: Sql = { text: this.source.table, values: [] };
    const [[last, others]] = statements.all(
      sql`SELECT (SELECT max(id) FROM ${table}),
        EXISTS (SELECT 1 FROM ${table} WHERE hub < ${hub}) OR
        EXISTS (SELECT 1 FROM ${table} WHERE hub > ${hub})`,
    ) as [[number | null, number]];
    return { last: last ?? 0, isAlone: others === 0 };
  }

  /** Told how much the last statement returned, the next returns about as much as it should. */
  fitTo(characters: number): void {
    if (characters > CHARACTERS_PER_CHUNK) {
      this.#idsPerChunk = Math.max(this.#idsPerChunk / 2, IDS_PER_CHUNK_MIN);
    } else if (characters < CHARACTERS_PER_CHUNK / 2) {
      this.#idsPerChunk = Math.min(this.#idsPerChunk * 2, IDS_PER_CHUNK_MAX);
    }
  }

  #table(): Sql {
    return { text: `${this.source.table} AS t ${this.source.joins}`, values: [] };
  }

  #conditions(): Sql {
    const kind: Sql = { text: this.source.condition, values: [] };
    return sql`${kind} AND ${this.#where}`;
  }
}
