import type { Device, DeviceStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly identity: string;
}

interface Parameters {
  readonly hub: string;
  readonly deviceId: string;
  readonly identity: string;
  readonly expectedEtag?: string;
}

/** The statements, prepared once for all hubs. */
export class DeviceStatements {
  readonly find: Database.Statement<[string, string], Row>;
  readonly insert: Database.Statement<[Parameters]>;
  readonly update: Database.Statement<[Parameters]>;
  readonly delete: Database.Statement<[string, string]>;
  readonly deleteIf: Database.Statement<[string, string, string]>;
  readonly list: Database.Statement<[string, string, number], Row>;
  readonly children: Database.Statement<[string, string, number], Row>;
  readonly count: Database.Statement<[string], { total: number; enabled: number }>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.find = connection.prepare(
      "SELECT json(identity) AS identity FROM devices WHERE hub = ? AND device_id = ?",
    );
    this.insert = connection.prepare(
      `INSERT INTO devices (hub, device_id, identity) VALUES (:hub, :deviceId, jsonb(:identity))
       ON CONFLICT DO NOTHING`,
    );
    this.update = connection.prepare(
      `UPDATE devices SET identity = jsonb(:identity)
       WHERE hub = :hub AND device_id = :deviceId AND etag = :expectedEtag`,
    );
    this.delete = connection.prepare("DELETE FROM devices WHERE hub = ? AND device_id = ?");
    this.deleteIf = connection.prepare(
      "DELETE FROM devices WHERE hub = ? AND device_id = ? AND etag = ?",
    );
    this.list = connection.prepare(
      `SELECT json(identity) AS identity FROM devices WHERE hub = ? AND device_id > ?
       ORDER BY device_id LIMIT ?`,
    );
    this.children = connection.prepare(
      `SELECT json(identity) AS identity FROM devices WHERE hub = ? AND parent_scope = ?
       ORDER BY device_id LIMIT ?`,
    );
    this.count = connection.prepare("SELECT total, enabled FROM device_counts WHERE hub = ?");
  }
}

export class SqliteDeviceStore implements DeviceStore {
  readonly #statements: DeviceStatements;
  readonly #hub: RowOwner;

  constructor(statements: DeviceStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(deviceId: string): Promise<Device | undefined> {
    const row = this.#statements.find.get(this.#hub.key, deviceId);
    return row === undefined ? undefined : decode(row);
  }

  put(device: Device, expectedEtag: string | undefined): Promise<"written" | "conflict"> {
    const { insert, update } = this.#statements;
    const { deviceId } = device;
    const row = { hub: this.#hub.key, deviceId, identity: JSON.stringify(device) };
    return this.#hub.write(() => {
      const { changes } =
        expectedEtag === undefined ? insert.run(row) : update.run({ ...row, expectedEtag });
      return changes === 1 ? "written" : "conflict";
    });
  }

  delete(
    deviceId: string,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict"> {
    const statements = this.#statements;
    return this.#hub.write(() => {
      const { changes } =
        expectedEtag === undefined
          ? statements.delete.run(this.#hub.key, deviceId)
          : statements.deleteIf.run(this.#hub.key, deviceId, expectedEtag);
      if (changes === 1) return "deleted";
      return statements.find.get(this.#hub.key, deviceId) === undefined ? "missing" : "conflict";
    });
  }

  async list(page: { after?: string; limit: number }): Promise<readonly Device[]> {
    const { list } = this.#statements;
    // No id is empty, so every id comes after "".
    return list.all(this.#hub.key, page.after ?? "", page.limit).map(decode);
  }

  async children(parentScope: string, limit: number): Promise<readonly Device[]> {
    return this.#statements.children.all(this.#hub.key, parentScope, limit).map(decode);
  }

  async count(): Promise<{ total: number; enabled: number }> {
    return this.#statements.count.get(this.#hub.key) ?? { total: 0, enabled: 0 };
  }
}

function decode(row: Row): Device {
  return JSON.parse(row.identity) as Device;
}
