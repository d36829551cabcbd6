import type Database from "better-sqlite3";
import type { Sql } from "./compile/sql.ts";

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
