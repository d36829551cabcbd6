import type { IdentityKey, PendingUpload, PendingUploadStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

type Key = [hub: string, deviceId: string, moduleId: string];

interface Row {
  readonly blob_name: string;
  readonly started_at_ms: number;
  readonly expires_at_ms: number;
}

const IS_KEY = "hub = ? AND device_id = ? AND module_id = ?";

/** The statements, prepared once for all hubs. */
export class PendingUploadStatements {
  readonly countActive: Database.Statement<[...Key, number], { count: number }>;
  readonly insert: Database.Statement<[...Key, string, string, number, number]>;
  readonly find: Database.Statement<[...Key, string], Row>;
  readonly remove: Database.Statement<[...Key, string]>;
  readonly hasExpired: Database.Statement<[string, number], { found: 1 }>;
  readonly removeExpired: Database.Statement<[string, number]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.countActive = connection.prepare(
      `SELECT count(*) AS count FROM pending_uploads WHERE ${IS_KEY} AND expires_at_ms > ?`,
    );
    this.insert = connection.prepare("INSERT INTO pending_uploads VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.find = connection.prepare(
      `SELECT * FROM pending_uploads WHERE ${IS_KEY} AND correlation_id = ?`,
    );
    this.remove = connection.prepare(
      `DELETE FROM pending_uploads WHERE ${IS_KEY} AND correlation_id = ?`,
    );
    this.hasExpired = connection.prepare(
      "SELECT 1 AS found FROM pending_uploads WHERE hub = ? AND expires_at_ms <= ? LIMIT 1",
    );
    this.removeExpired = connection.prepare(
      "DELETE FROM pending_uploads WHERE hub = ? AND expires_at_ms <= ?",
    );
  }
}

export class SqlitePendingUploadStore implements PendingUploadStore {
  readonly #statements: PendingUploadStatements;
  readonly #hub: RowOwner;

  constructor(statements: PendingUploadStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  add(
    upload: PendingUpload,
    { activeMax, nowMs }: { activeMax: number; nowMs: number },
  ): Promise<"added" | "full"> {
    const { countActive, insert } = this.#statements;
    const key = this.#keyOf(upload.key);
    const { correlationId, blobName, startedAtMs, expiresAtMs } = upload;
    return this.#hub.write(() => {
      if ((countActive.get(...key, nowMs)?.count ?? 0) >= activeMax) return "full";
      insert.run(...key, correlationId, blobName, startedAtMs, expiresAtMs);
      return "added";
    });
  }

  async find(key: IdentityKey, correlationId: string): Promise<PendingUpload | undefined> {
    const row = this.#statements.find.get(...this.#keyOf(key), correlationId);
    if (row === undefined) return undefined;
    return {
      correlationId,
      key,
      blobName: row.blob_name,
      startedAtMs: row.started_at_ms,
      expiresAtMs: row.expires_at_ms,
    };
  }

  remove(key: IdentityKey, correlationId: string): Promise<boolean> {
    const { remove } = this.#statements;
    return this.#hub.write(() => remove.run(...this.#keyOf(key), correlationId).changes > 0);
  }

  async removeExpired(nowMs: number): Promise<void> {
    const { hasExpired, removeExpired } = this.#statements;
    // Most looks find nothing; those cost no commit.
    if (hasExpired.get(this.#hub.key, nowMs) === undefined) return;
    await this.#hub.write(() => removeExpired.run(this.#hub.key, nowMs));
  }

  #keyOf(key: IdentityKey): Key {
    return [this.#hub.key, key.deviceId, key.moduleId ?? ""];
  }
}
