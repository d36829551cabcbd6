import type { Job, JobPage, JobPageRequest, JobPhase, JobStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly id: number;
  readonly job: string;
}

interface Parameters {
  readonly hub: string;
  readonly jobId: string;
  readonly type: string;
  readonly status: string;
  readonly phase: string;
  readonly startAtMs: number;
  readonly endedAtMs: number;
  readonly job: string;
  readonly expectedPhase?: JobPhase;
}

/** The statements, prepared once for all hubs. */
export class JobStatements {
  readonly find: Database.Statement<[string, string], Row>;
  readonly insert: Database.Statement<[Parameters]>;
  readonly update: Database.Statement<[Parameters]>;
  readonly list: Database.Statement<
    [{ hub: string; type: string | null; status: string | null; after: number; limit: number }],
    Row
  >;
  readonly unfinished: Database.Statement<[string, number], Row>;
  readonly countActive: Database.Statement<[string], { count: number }>;
  readonly ended: Database.Statement<[string, number], { jobId: string }>;
  readonly removeDevices: Database.Statement<[string, string, number]>;
  readonly remove: Database.Statement<[string, string]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.find = connection.prepare("SELECT id, job FROM jobs WHERE hub = ? AND job_id = ?");
    this.insert = connection.prepare(
      `INSERT INTO jobs (hub, job_id, job_type, status, phase, start_at_ms, ended_at_ms, job)
       VALUES (:hub, :jobId, :type, :status, :phase, :startAtMs, :endedAtMs, :job)
       ON CONFLICT DO NOTHING`,
    );
    this.update = connection.prepare(
      `UPDATE jobs SET status = :status, phase = :phase, start_at_ms = :startAtMs,
         ended_at_ms = :endedAtMs, job = :job
       WHERE hub = :hub AND job_id = :jobId AND phase = :expectedPhase`,
    );
    this.list = connection.prepare(
      `SELECT id, job FROM jobs
       WHERE hub = :hub AND id < :after
         AND (:type IS NULL OR job_type = :type) AND (:status IS NULL OR status = :status)
       ORDER BY id DESC LIMIT :limit`,
    );
    this.unfinished = connection.prepare(
      `SELECT id, job FROM jobs WHERE hub = ? AND phase <> 'over'
       ORDER BY phase = 'waiting', start_at_ms, id LIMIT ?`,
    );
    this.countActive = connection.prepare(
      `SELECT count(*) AS count FROM jobs
       WHERE hub = ? AND phase <> 'over' AND status IN ('queued', 'running')`,
    );
    this.ended = connection.prepare(
      `SELECT job_id AS jobId FROM jobs WHERE hub = ? AND phase = 'over' AND ended_at_ms < ?
       ORDER BY ended_at_ms LIMIT 1`,
    );
    this.removeDevices = connection.prepare(
      `DELETE FROM device_jobs WHERE id IN
         (SELECT id FROM device_jobs WHERE hub = ? AND job_id = ? LIMIT ?)`,
    );
    this.remove = connection.prepare("DELETE FROM jobs WHERE hub = ? AND job_id = ?");
  }
}

export class SqliteJobStore implements JobStore {
  readonly #statements: JobStatements;
  readonly #hub: RowOwner;

  constructor(statements: JobStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  async find(jobId: string): Promise<Job | undefined> {
    const row = this.#statements.find.get(this.#hub.key, jobId);
    return row && decode(row);
  }

  add(job: Job): Promise<"written" | "conflict"> {
    const { insert } = this.#statements;
    return this.#hub.write(() =>
      insert.run(this.#encode(job)).changes === 1 ? "written" : "conflict",
    );
  }

  update(job: Job, expectedPhase: JobPhase): Promise<"written" | "conflict"> {
    const { update } = this.#statements;
    const row = { ...this.#encode(job), expectedPhase };
    return this.#hub.write(() => (update.run(row).changes === 1 ? "written" : "conflict"));
  }

  async list({ type, status, after, limit }: JobPageRequest): Promise<JobPage> {
    const rows = this.#statements.list.all({
      hub: this.#hub.key,
      type: type ?? null,
      status: status ?? null,
      after: after ?? Number.MAX_SAFE_INTEGER,
      limit: limit + 1,
    });
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? page.at(-1)?.id : undefined;
    return { jobs: page.map(decode), next };
  }

  async unfinished(limit: number): Promise<readonly Job[]> {
    return this.#statements.unfinished.all(this.#hub.key, limit).map(decode);
  }

  async countActive(): Promise<number> {
    return this.#statements.countActive.get(this.#hub.key)?.count ?? 0;
  }

  async removeEnded(endedBeforeMs: number, limit: number): Promise<boolean> {
    const { ended, removeDevices, remove } = this.#statements;
    return this.#hub.write(() => {
      const found = ended.get(this.#hub.key, endedBeforeMs);
      if (found === undefined) return false;
      const { changes } = removeDevices.run(this.#hub.key, found.jobId, limit);
      if (changes < limit) remove.run(this.#hub.key, found.jobId);
      return true;
    });
  }

  #encode(job: Job): Parameters {
    return {
      hub: this.#hub.key,
      jobId: job.jobId,
      type: job.task.type,
      status: job.status,
      phase: job.phase,
      startAtMs: job.startAtMs,
      endedAtMs: job.endedAtMs,
      job: JSON.stringify(job),
    };
  }
}

function decode({ job }: Row): Job {
  // What JSON leaves out is undefined, which is what it was.
  return JSON.parse(job) as Job;
}
