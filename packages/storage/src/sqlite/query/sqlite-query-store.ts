import type {
  IdentityKey,
  JsonObject,
  Query,
  QueryPageRequest,
  QueryStore,
  QueryTarget,
} from "@larimar/domain";
import { evaluateQuery, matchesCondition, projectRow } from "@larimar/domain";
import type Database from "better-sqlite3";
import { hubKey } from "../hub-key.ts";
import type { StateDatabase } from "../state-database.ts";
import type { TwinRow } from "./twin-rows.ts";
import { TWIN_COLUMNS, TWIN_JOINS, toDocument, toKey } from "./twin-rows.ts";

const ROWS_PER_CHUNK = 500;

/** The statements, prepared once for all hubs. */
export class QueryStatements {
  readonly list: Database.Statement<[string, number, number, number], TwinRow>;

  constructor({ connection }: StateDatabase) {
    this.list = connection.prepare(
      `SELECT ${TWIN_COLUMNS} FROM twins AS t ${TWIN_JOINS}
       WHERE t.hub = ? AND t.id > ? AND (t.module_id = '') = ? ORDER BY t.id LIMIT ?`,
    );
  }
}

interface Found {
  readonly id: number;
  readonly key: IdentityKey;
  readonly document: JsonObject;
}

export class SqliteQueryStore implements QueryStore {
  readonly #statements: QueryStatements;
  readonly #hub: string;

  constructor(statements: QueryStatements, hubName: string) {
    this.#statements = statements;
    this.#hub = hubKey(hubName);
  }

  async page(
    query: Query,
    request: QueryPageRequest,
  ): Promise<{ rows: readonly JsonObject[]; after: string | undefined }> {
    const { found, after } = this.#find(query, request);
    return { rows: found.map(({ document }) => projectRow(query, document)), after };
  }

  async groups(query: Query): Promise<readonly JsonObject[]> {
    return evaluateQuery(query, this.#documents(query.collection));
  }

  async keys(
    target: QueryTarget,
    request: QueryPageRequest,
  ): Promise<{ keys: readonly IdentityKey[]; after: string | undefined }> {
    const { found, after } = this.#find(target, request);
    return { keys: found.map(({ key }) => key), after };
  }

  #find(
    { collection, where }: QueryTarget,
    { after, limit }: QueryPageRequest,
  ): { found: readonly Found[]; after: string | undefined } {
    const found: Found[] = [];
    for (const row of this.#rows(collection, Number(after ?? 0))) {
      const document = toDocument(row);
      if (!matchesCondition(where, document)) continue;
      if (found.length === limit) return { found, after: String(found.at(-1)?.id) };
      found.push({ id: row.id, key: toKey(row), document });
    }
    return { found, after: undefined };
  }

  *#documents(collection: QueryTarget["collection"]): Generator<JsonObject> {
    for (const row of this.#rows(collection, 0)) yield toDocument(row);
  }

  *#rows(collection: QueryTarget["collection"], from: number): Generator<TwinRow> {
    if (collection === "devices.jobs") return;
    const ofDevices = collection === "devices" ? 1 : 0;
    let after = from;
    for (;;) {
      const rows = this.#statements.list.all(this.#hub, after, ofDevices, ROWS_PER_CHUNK);
      yield* rows;
      if (rows.length < ROWS_PER_CHUNK) return;
      after = rows.at(-1)?.id ?? after;
    }
  }
}
