import type { HubSettings, HubSettingsStore, StoredHubSettings } from "@larimar/domain";
import type Database from "better-sqlite3";
import { hubKey } from "../hub-key.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly settings: string;
}

interface Parameters {
  readonly hub: string;
  readonly settings: string;
  readonly expectedEtag?: string;
}

export class SqliteHubSettingsStore implements HubSettingsStore {
  readonly #state: StateDatabase;
  readonly #find: Database.Statement<[string], Row>;
  readonly #insert: Database.Statement<[Parameters]>;
  readonly #update: Database.Statement<[Parameters]>;
  readonly #delete: Database.Statement<[string]>;
  readonly #list: Database.Statement<[], Row>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.#state = state;
    this.#find = connection.prepare("SELECT json(settings) AS settings FROM hubs WHERE hub = ?");
    this.#insert = connection.prepare(
      "INSERT INTO hubs (hub, settings) VALUES (:hub, jsonb(:settings)) ON CONFLICT DO NOTHING",
    );
    this.#update = connection.prepare(
      "UPDATE hubs SET settings = jsonb(:settings) WHERE hub = :hub AND etag = :expectedEtag",
    );
    this.#delete = connection.prepare("DELETE FROM hubs WHERE hub = ?");
    this.#list = connection.prepare("SELECT json(settings) AS settings FROM hubs ORDER BY rowid");
  }

  async find(name: string): Promise<StoredHubSettings | undefined> {
    const row = this.#find.get(hubKey(name));
    return row === undefined ? undefined : decode(row);
  }

  put(settings: HubSettings, expectedEtag: string | undefined): Promise<"written" | "conflict"> {
    const row = { hub: hubKey(settings.name), settings: JSON.stringify(settings) };
    return this.#state.write(() => {
      const { changes } =
        expectedEtag === undefined
          ? this.#insert.run(row)
          : this.#update.run({ ...row, expectedEtag });
      return changes === 1 ? "written" : "conflict";
    });
  }

  async delete(name: string): Promise<void> {
    await this.#state.write(() => this.#delete.run(hubKey(name)));
  }

  async list(): Promise<readonly StoredHubSettings[]> {
    return this.#list.all().map(decode);
  }
}

function decode(row: Row): StoredHubSettings {
  return JSON.parse(row.settings) as StoredHubSettings;
}
