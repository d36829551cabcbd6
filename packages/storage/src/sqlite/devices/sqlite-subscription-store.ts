import type { IdentityKey, StoredSubscription, SubscriptionStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

type Key = [hub: string, deviceId: string, moduleId: string];

/** The statements, prepared once for all hubs. */
export class SubscriptionStatements {
  readonly find: Database.Statement<Key, { filters: string }>;
  readonly put: Database.Statement<[...Key, string]>;
  readonly delete: Database.Statement<Key>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.find = connection.prepare(
      "SELECT filters FROM subscriptions WHERE hub = ? AND device_id = ? AND module_id = ?",
    );
    this.put = connection.prepare("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?)");
    this.delete = connection.prepare(
      "DELETE FROM subscriptions WHERE hub = ? AND device_id = ? AND module_id = ?",
    );
  }
}

export class SqliteSubscriptionStore implements SubscriptionStore {
  readonly #statements: SubscriptionStatements;
  readonly #hub: RowOwner;

  constructor(statements: SubscriptionStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(key: IdentityKey): Promise<readonly StoredSubscription[] | undefined> {
    const row = this.#statements.find.get(...this.#keyOf(key));
    return row === undefined ? undefined : (JSON.parse(row.filters) as StoredSubscription[]);
  }

  async put(key: IdentityKey, subscriptions: readonly StoredSubscription[]): Promise<void> {
    const { put } = this.#statements;
    await this.#hub.write(() => put.run(...this.#keyOf(key), JSON.stringify(subscriptions)));
  }

  async delete(key: IdentityKey): Promise<void> {
    const statements = this.#statements;
    // Most clients that ask for a clean session never had another; those cost no commit.
    if (statements.find.get(...this.#keyOf(key)) === undefined) return;
    await this.#hub.write(() => statements.delete.run(...this.#keyOf(key)));
  }

  #keyOf(key: IdentityKey): Key {
    return [this.#hub.key, key.deviceId, key.moduleId ?? ""];
  }
}
