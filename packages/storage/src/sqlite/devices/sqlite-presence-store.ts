import type { IdentityKey, Presence, PresenceStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

/** So many at once delay nothing else noticeably; the rest has its turn after other work. */
const ENTRIES_PER_WRITE = 500;

interface Row {
  readonly isConnected: number;
  readonly connectionStateUpdatedAtMs: number;
  readonly lastActivityAtMs: number;
}

interface Parameters extends Row {
  readonly hub: string;
  readonly deviceId: string;
  readonly moduleId: string;
}

/** The statements, prepared once for all hubs. */
export class PresenceStatements {
  readonly find: Database.Statement<[string, string, string], Row>;
  readonly save: Database.Statement<[Parameters]>;

  constructor(state: StateDatabase) {
    this.find = state.connection.prepare(
      `SELECT is_connected AS isConnected,
         connection_state_updated_at_ms AS connectionStateUpdatedAtMs,
         last_activity_at_ms AS lastActivityAtMs
       FROM presence WHERE hub = ? AND device_id = ? AND module_id = ?`,
    );
    this.save = state.connection.prepare(
      // What was seen of an identity that is gone by now must not wait for the next one of that name.
      `INSERT OR REPLACE INTO presence
       SELECT :hub, :deviceId, :moduleId,
         :isConnected, :connectionStateUpdatedAtMs, :lastActivityAtMs
       WHERE CASE WHEN :moduleId = ''
         THEN EXISTS (SELECT 1 FROM devices WHERE hub = :hub AND device_id = :deviceId)
         ELSE EXISTS (SELECT 1 FROM modules
           WHERE hub = :hub AND device_id = :deviceId AND module_id = :moduleId)
         END`,
    );
  }
}

export class SqlitePresenceStore implements PresenceStore {
  readonly #statements: PresenceStatements;
  readonly #hub: RowOwner;

  constructor(statements: PresenceStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(key: IdentityKey): Promise<Presence | undefined> {
    const row = this.#statements.find.get(this.#hub.key, key.deviceId, key.moduleId ?? "");
    return row === undefined ? undefined : { ...row, isConnected: row.isConnected === 1 };
  }

  async save(entries: readonly { key: IdentityKey; presence: Presence }[]): Promise<void> {
    const { save } = this.#statements;
    for (let from = 0; from < entries.length; from += ENTRIES_PER_WRITE) {
      const some = entries.slice(from, from + ENTRIES_PER_WRITE);
      await this.#hub.write(() => {
        for (const { key, presence } of some) save.run(this.#parametersOf(key, presence));
      });
    }
  }

  #parametersOf(key: IdentityKey, presence: Presence): Parameters {
    return {
      hub: this.#hub.key,
      deviceId: key.deviceId,
      moduleId: key.moduleId ?? "",
      isConnected: presence.isConnected ? 1 : 0,
      connectionStateUpdatedAtMs: presence.connectionStateUpdatedAtMs,
      lastActivityAtMs: presence.lastActivityAtMs,
    };
  }
}
