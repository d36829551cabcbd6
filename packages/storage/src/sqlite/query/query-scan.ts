import type { Expression, QueryTarget } from "@larimar/domain";
import type Database from "better-sqlite3";
import { candidateIds } from "./candidate-ids.ts";
import type { ConditionCompiler } from "./compile-condition.ts";
import type { QueryBudget } from "./query-calls.ts";
import type { QuerySource } from "./query-source.ts";
import { sourceOf } from "./query-source.ts";
import type { Sql } from "./sql.ts";
import { sql } from "./sql.ts";

/** Thrown between two chunks of a query that nobody wants any more, or that takes too long. */
export class QueryStopped extends Error {
  readonly kind: "cancelled" | "timedOut";

  constructor(kind: "cancelled" | "timedOut") {
    super(kind);
    this.kind = kind;
  }
}

/** Ids that one statement goes through: few enough to stop soon. */
const IDS_PER_CHUNK = 1024;
const IDS_PER_CHUNK_MIN = 64;
const IDS_PER_CHUNK_MAX = 16_384;
/** Characters that one statement may well return; when it were more, the next goes through fewer ids. */
const CHARACTERS_PER_CHUNK = 256 * 1024;
/** An index is of use when it leaves no more rows than this. */
const CANDIDATES_MAX = 4096;

/** Prepared statements by their text; literals are bound, so that the same shape is the same text. */
export class StatementCache {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement<(string | number)[]>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  get size(): number {
    return this.#statements.size;
  }

  all(query: Sql): unknown[][] {
    let statement = this.#statements.get(query.text);
    if (statement === undefined) {
      statement = this.#database.prepare<(string | number)[]>(query.text).raw();
      this.#statements.set(query.text, statement);
    }
    return statement.all(...query.values) as unknown[][];
  }
}

export interface ScanParts {
  readonly statements: StatementCache;
  readonly budget: QueryBudget;
  readonly hub: string;
}

/** Goes through the rows of a collection that meet a condition, some at a time, in the order of their ids. */
export class QueryScan {
  readonly source: QuerySource;
  readonly #parts: ScanParts;
  readonly #where: Sql;
  readonly #expression: Expression;
  readonly #deadlineMs: number;
  #idsPerChunk = IDS_PER_CHUNK;

  constructor(target: QueryTarget, where: Sql, compiler: ConditionCompiler, parts: ScanParts) {
    this.#parts = parts;
    this.#where = where;
    this.#expression = target.where;
    this.source = sourceOf(target.collection, compiler.tables);
    this.#deadlineMs = performance.now() + parts.budget.timeMaxMs;
  }

  /** Rows of each chunk; `tail` groups, orders or limits them. Throws `QueryStopped`. */
  *chunks(columns: Sql, tail: Sql, after: number): Generator<unknown[][], void> {
    const candidates = this.#candidates();
    if (candidates !== undefined) {
      this.#checkBudget();
      const ids = candidates.filter((id) => id > after).toSorted((one, other) => one - other);
      if (ids.length === 0) return;
      const from = sql`json_each(${JSON.stringify(ids)}) AS k CROSS JOIN ${this.#table()}`;
      yield this.#parts.statements.all(
        sql`SELECT ${columns} FROM ${from} WHERE t.id = k.value AND ${this.#conditions()} ${tail}`,
      );
      return;
    }
    const [[last]] = this.#parts.statements.all(
      sql`SELECT max(t.id) FROM ${this.#bareTable()}`,
    ) as [[number | null]];
    for (let from = after; from < (last ?? 0);) {
      this.#checkBudget();
      const to = from + this.#idsPerChunk;
      const rows = this.#parts.statements.all(
        sql`SELECT ${columns} FROM ${this.#table()}
          WHERE t.id > ${from} AND t.id <= ${to} AND ${this.#conditions()} ${tail}`,
      );
      yield rows;
      from = to;
    }
  }

  /** Told how much the last statement returned, the next returns about as much as it should. */
  fitTo(characters: number): void {
    if (characters > CHARACTERS_PER_CHUNK) {
      this.#idsPerChunk = Math.max(this.#idsPerChunk / 2, IDS_PER_CHUNK_MIN);
    } else if (characters < CHARACTERS_PER_CHUNK / 2) {
      this.#idsPerChunk = Math.min(this.#idsPerChunk * 2, IDS_PER_CHUNK_MAX);
    }
  }

  #candidates(): readonly number[] | undefined {
    const { hub, statements } = this.#parts;
    for (const ids of candidateIds(this.source, this.#expression, hub)) {
      const found = statements.all(sql`SELECT t.id FROM ${ids} LIMIT ${CANDIDATES_MAX + 1}`);
      if (found.length <= CANDIDATES_MAX) return [...new Set(found.map(([id]) => Number(id)))];
    }
    return undefined;
  }

  #bareTable(): Sql {
    return { text: `${this.source.table} AS t`, values: [] };
  }

  #table(): Sql {
    return { text: `${this.source.table} AS t ${this.source.joins}`, values: [] };
  }

  /** The plus keeps SQLite from going through the index of a hub instead of the range of ids. */
  #conditions(): Sql {
    const kind: Sql = { text: this.source.condition, values: [] };
    return sql`+t.hub = ${this.#parts.hub} AND ${kind} AND ${this.#where}`;
  }

  #checkBudget(): void {
    if (Atomics.load(this.#parts.budget.cancelled, 0) === 1) throw new QueryStopped("cancelled");
    if (performance.now() > this.#deadlineMs) throw new QueryStopped("timedOut");
  }
}
