import type { IdentityKey, Twin, TwinStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import { DEFAULT_STORAGE_LIMITS } from "../../storage-limits.ts";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";
import type { StoredTwin } from "./stored-twin.ts";
import { decodeTwin, STORED_TWIN_COLUMNS } from "./stored-twin.ts";
import { leavesOf } from "./twin-leaves.ts";
import { TwinMemory } from "./twin-memory.ts";

interface Parameters extends StoredTwin {
  readonly hub: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly expectedVersion?: number;
}

interface Metadata extends Pick<StoredTwin, "desiredMetadata" | "reportedMetadata"> {
  readonly id: number;
  readonly leaves: string;
}

/** The statements, prepared once for all hubs. */
export class TwinStatements {
  readonly memory: TwinMemory;
  readonly find: Database.Statement<[string, string, string], StoredTwin>;
  readonly insert: Database.Statement<[Parameters]>;
  readonly insertMetadata: Database.Statement<[Metadata]>;
  readonly update: Database.Statement<[Parameters], { id: number; leaves: string }>;
  readonly updateMetadata: Database.Statement<[Metadata]>;
  readonly insertLeaf: Database.Statement<[leaf: number, id: number]>;
  readonly deleteLeaf: Database.Statement<[leaf: number, id: number]>;
  readonly delete: Database.Statement<[string, string, string]>;
  readonly deleteAll: Database.Statement<[string, string]>;

  constructor(state: StateDatabase, memory = new TwinMemory(DEFAULT_STORAGE_LIMITS)) {
    const { connection } = state;
    this.memory = memory;
    this.find = connection.prepare(
      `SELECT ${STORED_TWIN_COLUMNS}
       FROM twins AS t JOIN twin_metadata AS x ON x.id = t.id
       WHERE t.hub = ? AND t.device_id = ? AND t.module_id = ?`,
    );
    this.insert = connection.prepare(
      `INSERT INTO twins (hub, device_id, module_id, version, etag, model_id, tags,
         desired, desired_version, reported, reported_version, configurations)
       VALUES (:hub, :deviceId, :moduleId, :version, :etag, :modelId, jsonb(:tags),
         jsonb(:desired), :desiredVersion, jsonb(:reported), :reportedVersion,
         jsonb(:configurations))
       ON CONFLICT DO NOTHING`,
    );
    this.insertMetadata = connection.prepare(
      `INSERT INTO twin_metadata (id, desired, reported, leaves)
       VALUES (:id, jsonb(:desiredMetadata), jsonb(:reportedMetadata), jsonb(:leaves))`,
    );
    this.update = connection.prepare(
      `UPDATE twins SET version = :version, etag = :etag, model_id = :modelId, tags = jsonb(:tags),
         desired = jsonb(:desired), desired_version = :desiredVersion,
         reported = jsonb(:reported), reported_version = :reportedVersion,
         configurations = jsonb(:configurations)
       WHERE hub = :hub AND device_id = :deviceId AND module_id = :moduleId
         AND version = :expectedVersion
       RETURNING id, (SELECT json(leaves) FROM twin_metadata AS x WHERE x.id = twins.id) AS leaves`,
    );
    this.updateMetadata = connection.prepare(
      `UPDATE twin_metadata SET desired = jsonb(:desiredMetadata),
         reported = jsonb(:reportedMetadata), leaves = jsonb(:leaves) WHERE id = :id`,
    );
    this.insertLeaf = connection.prepare(
      "INSERT INTO twin_leaves (leaf, id) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.deleteLeaf = connection.prepare("DELETE FROM twin_leaves WHERE leaf = ? AND id = ?");
    this.delete = connection.prepare(
      "DELETE FROM twins WHERE hub = ? AND device_id = ? AND module_id = ?",
    );
    this.deleteAll = connection.prepare("DELETE FROM twins WHERE hub = ? AND device_id = ?");
  }
}

export class SqliteTwinStore implements TwinStore {
  readonly #statements: TwinStatements;
  readonly #hub: RowOwner;

  constructor(statements: TwinStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(key: IdentityKey): Promise<Twin | undefined> {
    const row = this.#statements.find.get(this.#hub.key, key.deviceId, key.moduleId ?? "");
    return row === undefined ? undefined : decodeTwin(key, row);
  }

  put(twin: Twin, expectedVersion: number | undefined): Promise<"written" | "conflict"> {
    return this.#hub.write(() => this.putNow(twin, expectedVersion));
  }

  /** For others that write in the same commit. */
  putNow(twin: Twin, expectedVersion: number | undefined): "written" | "conflict" {
    const { memory, insert, insertMetadata, update, updateMetadata } = this.#statements;
    const row = this.#encode(twin);
    const { desiredMetadata, reportedMetadata } = row;
    const now = leavesOf(this.#hub.key, twin);
    const leaves = JSON.stringify(now);
    if (expectedVersion === undefined) {
      const { changes, lastInsertRowid } = insert.run(row);
      if (changes === 0) return "conflict";
      const id = Number(lastInsertRowid);
      insertMetadata.run({ id, desiredMetadata, reportedMetadata, leaves });
      this.#changeLeaves(id, [], now);
      this.#hub.afterCommit(() => memory.changed(id, twin));
      return "written";
    }
    const before = update.get({ ...row, expectedVersion });
    if (before === undefined) return "conflict";
    const { id } = before;
    updateMetadata.run({ id, desiredMetadata, reportedMetadata, leaves });
    if (leaves !== before.leaves) {
      this.#changeLeaves(id, JSON.parse(before.leaves) as number[], now);
    }
    this.#hub.afterCommit(() => memory.changed(id, twin));
    return "written";
  }

  /** Those that stay cost nothing. */
  #changeLeaves(id: number, before: readonly number[], now: readonly number[]): void {
    const { insertLeaf, deleteLeaf } = this.#statements;
    const [had, has] = [new Set(before), new Set(now)];
    for (const leaf of before) if (!has.has(leaf)) deleteLeaf.run(leaf, id);
    for (const leaf of now) if (!had.has(leaf)) insertLeaf.run(leaf, id);
  }

  async delete({ deviceId, moduleId }: IdentityKey): Promise<void> {
    const statements = this.#statements;
    await this.#hub.write(() =>
      moduleId === undefined
        ? statements.deleteAll.run(this.#hub.key, deviceId)
        : statements.delete.run(this.#hub.key, deviceId, moduleId),
    );
  }

  #encode(twin: Twin): Parameters {
    const { key, desired, reported } = twin;
    return {
      hub: this.#hub.key,
      deviceId: key.deviceId,
      moduleId: key.moduleId ?? "",
      version: twin.version,
      etag: twin.etag,
      modelId: twin.modelId,
      tags: JSON.stringify(twin.tags),
      desired: JSON.stringify(desired.values),
      desiredMetadata: JSON.stringify(desired.metadata),
      desiredVersion: desired.version,
      reported: JSON.stringify(reported.values),
      reportedMetadata: JSON.stringify(reported.metadata),
      reportedVersion: reported.version,
      configurations: JSON.stringify(twin.configurations),
    };
  }
}
