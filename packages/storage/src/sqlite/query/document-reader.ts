import type { Collection, DeviceJob, IdentityKey, JsonObject } from "@larimar/domain";
import { deviceJobDocument } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { TwinRow } from "./twin-rows.ts";
import { TWIN_COLUMNS, TWIN_JOINS, toDocument } from "./twin-rows.ts";

interface JobRow extends Pick<
  DeviceJob,
  "createdAtMs" | "endedAtMs" | "jobId" | "jobType" | "startedAtMs" | "status" | "updatedAtMs"
> {
  readonly response: string | null;
  readonly error: string | null;
}

/** A row that a query found. */
export interface FoundRow {
  readonly id: number;
  readonly key: IdentityKey;
}

/** Whole documents of rows that were found. */
export class DocumentReader {
  readonly #twin: Database.Statement<[string, string, string], TwinRow>;
  readonly #job: Database.Statement<[number], JobRow>;

  constructor(database: Database.Database) {
    this.#twin = database.prepare(
      `SELECT ${TWIN_COLUMNS} FROM twins AS t ${TWIN_JOINS}
       WHERE t.hub = ? AND t.device_id = ? AND t.module_id = ?`,
    );
    this.#job = database.prepare(
      `SELECT job_id AS jobId, job_type AS jobType, status, created_at_ms AS createdAtMs,
         started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, updated_at_ms AS updatedAtMs,
         response, error FROM device_jobs WHERE id = ?`,
    );
  }

  /** Undefined for a twin whose identity is gone. */
  read(collection: Collection, hub: string, { id, key }: FoundRow): JsonObject | undefined {
    if (collection === "devices.jobs") return this.#readJob(id, key);
    const row = this.#twin.get(hub, key.deviceId, key.moduleId ?? "");
    return row && toDocument(row);
  }

  #readJob(id: number, key: IdentityKey): JsonObject | undefined {
    const row = this.#job.get(id);
    if (row === undefined) return undefined;
    const { response, error, ...rest } = row;
    return deviceJobDocument({
      ...rest,
      key,
      response: parse(response) as DeviceJob["response"],
      error: parse(error) as DeviceJob["error"],
    });
  }
}

function parse(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}
