import type { Configuration, ConfigurationStore, RetiredConfiguration } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly key: number;
  readonly document: string;
}

interface Parameters {
  readonly hub: string;
  readonly id: string;
  readonly document: string;
  readonly etag: string;
  readonly expectedEtag?: string;
}

/** The statements, prepared once for all hubs. */
export class ConfigurationStatements {
  readonly find: Database.Statement<[string, string], Row>;
  readonly insert: Database.Statement<[Parameters]>;
  readonly update: Database.Statement<[Parameters]>;
  readonly retire: Database.Statement<[string, string]>;
  readonly retireIf: Database.Statement<[string, string, string]>;
  readonly list: Database.Statement<[string], Row>;
  readonly listRetired: Database.Statement<[string], Row>;
  readonly forget: Database.Statement<[string, number]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    const ofLive = "WHERE hub = ? AND id = ? AND is_retired = 0";
    this.find = connection.prepare(`SELECT key, document FROM configurations ${ofLive}`);
    this.insert = connection.prepare(
      `INSERT INTO configurations (hub, id, document, etag) VALUES (:hub, :id, :document, :etag)
       ON CONFLICT DO NOTHING`,
    );
    this.update = connection.prepare(
      `UPDATE configurations SET document = :document, etag = :etag
       WHERE hub = :hub AND id = :id AND is_retired = 0 AND etag = :expectedEtag`,
    );
    this.retire = connection.prepare(`UPDATE configurations SET is_retired = 1 ${ofLive}`);
    this.retireIf = connection.prepare(
      `UPDATE configurations SET is_retired = 1 ${ofLive} AND etag = ?`,
    );
    this.list = connection.prepare(
      "SELECT key, document FROM configurations WHERE hub = ? AND is_retired = 0 ORDER BY id",
    );
    this.listRetired = connection.prepare(
      "SELECT key, document FROM configurations WHERE hub = ? AND is_retired = 1 ORDER BY key",
    );
    this.forget = connection.prepare(
      "DELETE FROM configurations WHERE hub = ? AND key = ? AND is_retired = 1",
    );
  }
}

export class SqliteConfigurationStore implements ConfigurationStore {
  readonly #statements: ConfigurationStatements;
  readonly #hub: RowOwner;

  constructor(statements: ConfigurationStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(id: string): Promise<Configuration | undefined> {
    const row = this.#statements.find.get(this.#hub.key, id);
    return row === undefined ? undefined : decode(row);
  }

  put(
    configuration: Configuration,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict"> {
    const { insert, update } = this.#statements;
    const { id, etag } = configuration;
    const row = { hub: this.#hub.key, id, etag, document: JSON.stringify(configuration) };
    return this.#hub.write(() => {
      const { changes } =
        expectedEtag === undefined ? insert.run(row) : update.run({ ...row, expectedEtag });
      return changes === 1 ? "written" : "conflict";
    });
  }

  retire(
    id: string,
    expectedEtag: string | undefined,
  ): Promise<"retired" | "missing" | "conflict"> {
    const statements = this.#statements;
    return this.#hub.write(() => {
      const { changes } =
        expectedEtag === undefined
          ? statements.retire.run(this.#hub.key, id)
          : statements.retireIf.run(this.#hub.key, id, expectedEtag);
      if (changes === 1) return "retired";
      return statements.find.get(this.#hub.key, id) === undefined ? "missing" : "conflict";
    });
  }

  async list(): Promise<readonly Configuration[]> {
    return this.#statements.list.all(this.#hub.key).map(decode);
  }

  async listRetired(): Promise<readonly RetiredConfiguration[]> {
    const rows = this.#statements.listRetired.all(this.#hub.key);
    return rows.map((row) => ({ key: row.key, configuration: decode(row) }));
  }

  async forget(keys: readonly number[]): Promise<void> {
    const { forget } = this.#statements;
    await this.#hub.write(() => {
      for (const key of keys) forget.run(this.#hub.key, key);
    });
  }
}

function decode({ document }: Row): Configuration {
  return JSON.parse(document) as Configuration;
}
