import type {
  DeviceJob,
  DeviceJobPageRequest,
  DeviceJobStatus,
  DeviceJobStore,
  IdentityKey,
  Job,
  JobCounts,
  JobType,
  Twin,
} from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { SqliteTwinStore } from "../twins/sqlite-twin-store.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly id: number;
  readonly jobId: string;
  readonly jobType: JobType;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly status: DeviceJobStatus;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly updatedAtMs: number;
  readonly response: string | null;
  readonly error: string | null;
}

type Change = Omit<Row, "createdAtMs" | "id" | "jobType"> & {
  readonly hub: string;
  readonly expectedStatus: DeviceJobStatus;
};

const COLUMNS = `id, job_id AS jobId, job_type AS jobType, device_id AS deviceId,
  module_id AS moduleId, status, created_at_ms AS createdAtMs, started_at_ms AS startedAtMs,
  ended_at_ms AS endedAtMs, updated_at_ms AS updatedAtMs, response, error`;

/** The statements, prepared once for all hubs. */
export class DeviceJobStatements {
  readonly insert: Database.Statement<
    [hub: string, jobId: string, jobType: string, string, string, number, number]
  >;
  readonly find: Database.Statement<[string, string, string, string], Row>;
  readonly page: Database.Statement<[string, string, string, number, number], Row>;
  readonly change: Database.Statement<[Change]>;
  readonly count: Database.Statement<[string, string], { status: DeviceJobStatus; count: number }>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.insert = connection.prepare(
      `INSERT INTO device_jobs (hub, job_id, job_type, device_id, module_id, status,
         created_at_ms, started_at_ms, ended_at_ms, updated_at_ms)
       VALUES (?, ?, ?, ?, ?, 'pending', ?, 0, 0, ?) ON CONFLICT DO NOTHING`,
    );
    this.find = connection.prepare(
      `SELECT ${COLUMNS} FROM device_jobs
       WHERE hub = ? AND job_id = ? AND device_id = ? AND module_id = ?`,
    );
    this.page = connection.prepare(
      `SELECT ${COLUMNS} FROM device_jobs
       WHERE hub = ? AND job_id = ? AND status = ? AND id > ? ORDER BY id LIMIT ?`,
    );
    this.change = connection.prepare(
      `UPDATE device_jobs SET status = :status, started_at_ms = :startedAtMs,
         ended_at_ms = :endedAtMs, updated_at_ms = :updatedAtMs, response = :response, error = :error
       WHERE hub = :hub AND job_id = :jobId AND device_id = :deviceId AND module_id = :moduleId
         AND status = :expectedStatus`,
    );
    this.count = connection.prepare(
      "SELECT status, count FROM device_job_counts WHERE hub = ? AND job_id = ?",
    );
  }
}

/** Twins are in the same database, so that a twin and what came of it are one commit. */
export class SqliteDeviceJobStore implements DeviceJobStore {
  readonly #statements: DeviceJobStatements;
  readonly #twins: SqliteTwinStore;
  readonly #hub: RowOwner;

  constructor(statements: DeviceJobStatements, twins: SqliteTwinStore, hub: RowOwner) {
    this.#statements = statements;
    this.#twins = twins;
    this.#hub = hub;
  }

  async add(
    { jobId, task }: Pick<Job, "jobId" | "task">,
    keys: readonly IdentityKey[],
    nowMs: number,
  ): Promise<void> {
    const { insert } = this.#statements;
    await this.#hub.write(() => {
      for (const { deviceId, moduleId = "" } of keys) {
        insert.run(this.#hub.key, jobId, task.type, deviceId, moduleId, nowMs, nowMs);
      }
    });
  }

  async find(
    jobId: string,
    { deviceId, moduleId = "" }: IdentityKey,
  ): Promise<DeviceJob | undefined> {
    const row = this.#statements.find.get(this.#hub.key, jobId, deviceId, moduleId);
    return row && decode(row);
  }

  async page({
    jobId,
    status,
    after,
    limit,
  }: DeviceJobPageRequest): Promise<{ deviceJobs: readonly DeviceJob[]; last: number }> {
    const rows = this.#statements.page.all(this.#hub.key, jobId, status, after, limit);
    return { deviceJobs: rows.map(decode), last: rows.at(-1)?.id ?? after };
  }

  async change(
    deviceJobs: readonly DeviceJob[],
    expectedStatus: DeviceJobStatus,
  ): Promise<readonly DeviceJob[]> {
    return this.#hub.write(() =>
      deviceJobs.filter((deviceJob) => this.#write(deviceJob, expectedStatus)),
    );
  }

  async changeWithTwin(
    deviceJob: DeviceJob,
    expectedStatus: DeviceJobStatus,
    {
      twin,
      expectedVersion,
    }: { readonly twin: Twin; readonly expectedVersion: number | undefined },
  ): Promise<"written" | "conflict" | "over"> {
    const { find } = this.#statements;
    const { deviceId, moduleId = "" } = deviceJob.key;
    return this.#hub.write(() => {
      const current = find.get(this.#hub.key, deviceJob.jobId, deviceId, moduleId);
      if (current?.status !== expectedStatus) return "over";
      if (this.#twins.putNow(twin, expectedVersion) === "conflict") return "conflict";
      this.#write(deviceJob, expectedStatus);
      return "written";
    });
  }

  async count(jobId: string): Promise<JobCounts> {
    const counts = { pending: 0, running: 0, completed: 0, failed: 0, canceled: 0 };
    for (const { status, count } of this.#statements.count.all(this.#hub.key, jobId)) {
      counts[status] = count;
    }
    return counts;
  }

  #write(deviceJob: DeviceJob, expectedStatus: DeviceJobStatus): boolean {
    const { jobId, key, status, startedAtMs, endedAtMs, updatedAtMs, response, error } = deviceJob;
    const { changes } = this.#statements.change.run({
      hub: this.#hub.key,
      jobId,
      deviceId: key.deviceId,
      moduleId: key.moduleId ?? "",
      status,
      startedAtMs,
      endedAtMs,
      updatedAtMs,
      response: response === undefined ? null : JSON.stringify(response),
      error: error === undefined ? null : JSON.stringify(error),
      expectedStatus,
    });
    return changes === 1;
  }
}

function decode({ deviceId, moduleId, response, error, ...row }: Row): DeviceJob {
  return {
    jobId: row.jobId,
    jobType: row.jobType,
    key: moduleId === "" ? { deviceId } : { deviceId, moduleId },
    status: row.status,
    createdAtMs: row.createdAtMs,
    startedAtMs: row.startedAtMs,
    endedAtMs: row.endedAtMs,
    updatedAtMs: row.updatedAtMs,
    response: response === null ? undefined : (JSON.parse(response) as DeviceJob["response"]),
    error: error === null ? undefined : (JSON.parse(error) as DeviceJob["error"]),
  };
}
