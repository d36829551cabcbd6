import type { Module, ModuleKey, ModuleStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly identity: string;
}

interface Parameters {
  readonly hub: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly identity: string;
  readonly expectedEtag?: string;
}

type Key = [hub: string, deviceId: string, moduleId: string];

/** The statements, prepared once for all hubs. */
export class ModuleStatements {
  readonly find: Database.Statement<Key, Row>;
  readonly hasDevice: Database.Statement<[string, string]>;
  readonly insert: Database.Statement<[Parameters]>;
  readonly update: Database.Statement<[Parameters]>;
  readonly delete: Database.Statement<Key>;
  readonly deleteIf: Database.Statement<[...Key, string]>;
  readonly list: Database.Statement<[string, string], Row>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    const isKey = "hub = ? AND device_id = ? AND module_id = ?";
    this.find = connection.prepare(`SELECT json(identity) AS identity FROM modules WHERE ${isKey}`);
    this.hasDevice = connection.prepare("SELECT 1 FROM devices WHERE hub = ? AND device_id = ?");
    this.insert = connection.prepare(
      `INSERT INTO modules (hub, device_id, module_id, identity)
       VALUES (:hub, :deviceId, :moduleId, jsonb(:identity)) ON CONFLICT DO NOTHING`,
    );
    this.update = connection.prepare(
      `UPDATE modules SET identity = jsonb(:identity)
       WHERE hub = :hub AND device_id = :deviceId AND module_id = :moduleId AND etag = :expectedEtag`,
    );
    this.delete = connection.prepare(`DELETE FROM modules WHERE ${isKey}`);
    this.deleteIf = connection.prepare(`DELETE FROM modules WHERE ${isKey} AND etag = ?`);
    this.list = connection.prepare(
      `SELECT json(identity) AS identity FROM modules WHERE hub = ? AND device_id = ?
       ORDER BY module_id`,
    );
  }
}

export class SqliteModuleStore implements ModuleStore {
  readonly #statements: ModuleStatements;
  readonly #hub: RowOwner;

  constructor(statements: ModuleStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(key: ModuleKey): Promise<Module | undefined> {
    const row = this.#statements.find.get(this.#hub.key, key.deviceId, key.moduleId);
    return row === undefined ? undefined : decode(row);
  }

  put(
    module: Module,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict" | "deviceMissing"> {
    const { hasDevice, insert, update } = this.#statements;
    const { deviceId, moduleId } = module;
    const row = { hub: this.#hub.key, deviceId, moduleId, identity: JSON.stringify(module) };
    return this.#hub.write(() => {
      if (hasDevice.get(this.#hub.key, deviceId) === undefined) return "deviceMissing";
      const { changes } =
        expectedEtag === undefined ? insert.run(row) : update.run({ ...row, expectedEtag });
      return changes === 1 ? "written" : "conflict";
    });
  }

  delete(
    { deviceId, moduleId }: ModuleKey,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict"> {
    const statements = this.#statements;
    const key: Key = [this.#hub.key, deviceId, moduleId];
    return this.#hub.write(() => {
      const { changes } =
        expectedEtag === undefined
          ? statements.delete.run(...key)
          : statements.deleteIf.run(...key, expectedEtag);
      if (changes === 1) return "deleted";
      return statements.find.get(...key) === undefined ? "missing" : "conflict";
    });
  }

  async list(deviceId: string): Promise<readonly Module[]> {
    return this.#statements.list.all(this.#hub.key, deviceId).map(decode);
  }
}

function decode(row: Row): Module {
  return JSON.parse(row.identity) as Module;
}
