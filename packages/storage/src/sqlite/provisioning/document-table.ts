import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

export interface DocumentRow {
  readonly document: string;
}

interface Parameters {
  readonly service: string;
  readonly key: string;
  readonly document: string;
  readonly expectedEtag?: string;
}

/** The tables whose rows are (service, key, document): those of provisioning services, and one of hubs. */
export type DocumentTableName =
  | "provisioning_services"
  | "individual_enrollments"
  | "enrollment_groups"
  | "registrations"
  | "ca_certificates"
  | "hub_ca_certificates";

/** The statements that all of these tables share, prepared once for all services. */
export class DocumentStatements {
  readonly find: Database.Statement<[string, string], DocumentRow>;
  readonly insert: Database.Statement<[Parameters]>;
  readonly update: Database.Statement<[Parameters]>;
  readonly delete: Database.Statement<[string, string]>;
  readonly deleteIf: Database.Statement<[string, string, string]>;
  readonly list: Database.Statement<[string, string, number], DocumentRow>;

  constructor(state: StateDatabase, table: DocumentTableName) {
    const { connection } = state;
    const select = `SELECT json(document) AS document FROM ${table}`;
    this.find = connection.prepare(`${select} WHERE service = ? AND key = ?`);
    this.insert = connection.prepare(
      `INSERT INTO ${table} (service, key, document) VALUES (:service, :key, jsonb(:document))
       ON CONFLICT DO NOTHING`,
    );
    this.update = connection.prepare(
      `UPDATE ${table} SET document = jsonb(:document)
       WHERE service = :service AND key = :key AND etag = :expectedEtag`,
    );
    this.delete = connection.prepare(`DELETE FROM ${table} WHERE service = ? AND key = ?`);
    this.deleteIf = connection.prepare(
      `DELETE FROM ${table} WHERE service = ? AND key = ? AND etag = ?`,
    );
    this.list = connection.prepare(`${select} WHERE service = ? AND key > ? ORDER BY key LIMIT ?`);
  }
}

/** Compare-and-set over documents of one service whose ids have no case. */
export class DocumentTable<T> {
  readonly service: string;
  readonly #owner: RowOwner;
  readonly #statements: DocumentStatements;
  readonly #idOf: (value: T) => string;

  constructor(statements: DocumentStatements, owner: RowOwner, idOf: (value: T) => string) {
    this.#statements = statements;
    this.service = owner.key;
    this.#owner = owner;
    this.#idOf = idOf;
  }

  async find(id: string): Promise<T | undefined> {
    const row = this.#statements.find.get(this.service, id.toLowerCase());
    return row === undefined ? undefined : this.decode(row);
  }

  put(value: T, expectedEtag: string | undefined): Promise<"written" | "conflict"> {
    const { insert, update } = this.#statements;
    const key = this.#idOf(value).toLowerCase();
    const row = { service: this.service, key, document: JSON.stringify(value) };
    return this.#owner.write(() => {
      const { changes } =
        expectedEtag === undefined ? insert.run(row) : update.run({ ...row, expectedEtag });
      return changes === 1 ? "written" : "conflict";
    });
  }

  delete(
    id: string,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict"> {
    const statements = this.#statements;
    const key = id.toLowerCase();
    return this.#owner.write(() => {
      const { changes } =
        expectedEtag === undefined
          ? statements.delete.run(this.service, key)
          : statements.deleteIf.run(this.service, key, expectedEtag);
      if (changes === 1) return "deleted";
      return statements.find.get(this.service, key) === undefined ? "missing" : "conflict";
    });
  }

  /** In order of lower-cased id, after the given one. */
  async list(page: { after?: string | undefined; limit: number }): Promise<readonly T[]> {
    // No id is empty, so every id comes after "".
    const after = page.after?.toLowerCase() ?? "";
    return this.#statements.list
      .all(this.service, after, page.limit)
      .map((row) => this.decode(row));
  }

  protected decode(row: DocumentRow): T {
    return JSON.parse(row.document) as T;
  }
}
