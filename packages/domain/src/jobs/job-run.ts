import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Methods } from "../methods/methods.ts";
import { parseTarget } from "../query/language/parse-query.ts";
import type { Queries } from "../query/queries.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { alarmAt } from "../time/alarm.ts";
import type { Clock } from "../time/clock.ts";
import type { Twins } from "../twins/twins.ts";
import { Bell } from "./bell.ts";
import { DeviceTurns } from "./device-turns.ts";
import type { DeviceJob, Job } from "./job.ts";
import type { JobLimits } from "./job-limits.ts";
import type { DeviceJobStore, JobStore } from "./job-store.ts";
import type { Pace } from "./pace.ts";

export interface JobRunParts {
  readonly jobs: JobStore;
  readonly deviceJobs: DeviceJobStore;
  readonly queries: Pick<Queries, "identities">;
  readonly twins: Twins;
  readonly methods: Methods;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly limits: JobLimits;
  readonly pace: Pace;
  /** Hears of each device job that changed, once that is stored. */
  readonly onChange: (deviceJob: DeviceJob) => void;
}

/** Told of devices that did not get their turn in time; clients know this code and text. */
const NOT_IN_TIME = {
  code: "JobRunPreconditionFailed",
  description:
    "The job did not start within specified period: either device did not come online or the job's time ended.",
};

/**
 * Takes one job from where it is to its end. Each step is a compare-and-set on the phase of the job, and
 * whoever loses one looks again: a job that was cancelled, or is somebody else's, is noticed so.
 */
export class JobRun {
  readonly #parts: JobRunParts;
  readonly #turns: DeviceTurns;
  readonly #bell = new Bell();
  #job: Job;
  #isStopped = false;

  constructor(job: Job, parts: JobRunParts) {
    this.#job = job;
    this.#parts = parts;
    this.#turns = new DeviceTurns(job, { ...parts, onIdle: () => this.#bell.ring() });
  }

  /** Rejects with what a store threw; the job is then where it was, and may be taken up again. */
  async execute(): Promise<void> {
    if (this.#job.phase !== "waiting") await this.#turns.settleInterrupted();
    while (!this.#isStopped && this.#job.phase !== "over") await this.#step();
  }

  /** The job may have been cancelled. */
  async lookAgain(): Promise<void> {
    this.#job = (await this.#parts.jobs.find(this.#job.jobId)) ?? { ...this.#job, phase: "over" };
    this.#bell.ring();
  }

  /** Nothing more is begun, and nothing more written. */
  stop(): void {
    this.#isStopped = true;
    this.#turns.stop();
    this.#bell.ring();
  }

  async #step(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    switch (this.#job.phase) {
      case "waiting":
        return this.#advance({ status: "running", phase: "selecting", startedAtMs: nowMs });
      case "selecting":
        return this.#select();
      case "running":
        return this.#run();
      case "ending":
        // Those that have their turn keep it; the job is over once they are done with it.
        await this.#endPending({ status: "canceled" });
        await this.#turns.idle();
        return this.#advance({ phase: "over" });
      case "over":
    }
  }

  async #advance(change: Partial<Job>): Promise<void> {
    if (this.#isStopped) return;
    const next = { ...this.#job, ...change };
    if ((await this.#parts.jobs.update(next, this.#job.phase)) === "written") this.#job = next;
    else await this.lookAgain();
  }

  async #select(): Promise<void> {
    const { queries, deviceJobs, clock } = this.#parts;
    try {
      for await (const keys of queries.identities(parseTarget(this.#job.queryCondition))) {
        if (this.#isStopped || this.#job.phase !== "selecting") return;
        await deviceJobs.add(this.#job, keys, clock.now());
      }
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      const failureReason = error.message;
      const endedAtMs = clock.now();
      return this.#advance({ status: "failed", phase: "ending", failureReason, endedAtMs });
    }
    await this.#advance({ phase: "running" });
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    const deadline = alarmAt(clock, this.#deadlineMs, () => this.#bell.ring());
    try {
      if (this.#job.task.type === "scheduleUpdateTwin") await this.#giveTurns();
      else await this.#giveTurnsAsDevicesCome();
    } finally {
      deadline.cancel();
    }
    if (!this.#isRunning) return;
    await this.#endPending({ status: "failed", error: NOT_IN_TIME });
    await this.#turns.idle();
    // Methods that were under way when the time was over may have found their device gone.
    await this.#endPending({ status: "failed", error: NOT_IN_TIME });
    await this.#advance({ status: "completed", phase: "over", endedAtMs: clock.now() });
  }

  get #deadlineMs(): number {
    return this.#job.startedAtMs + this.#job.executionTimeMaxMs;
  }

  get #isRunning(): boolean {
    return !this.#isStopped && this.#job.phase === "running";
  }

  get #hasTime(): boolean {
    return this.#isRunning && this.#parts.clock.now() < this.#deadlineMs;
  }

  /** Every device that waits and can have its turn now gets it. */
  async #giveTurns(): Promise<void> {
    for await (const batch of this.#pending()) {
      for (const deviceJob of batch) {
        if (!this.#hasTime) return;
        if (this.#turns.canBegin(deviceJob.key)) await this.#turns.begin(deviceJob);
      }
    }
    if (this.#job.task.type === "scheduleUpdateTwin") await this.#turns.idle();
  }

  /** A device that is not there yet gets its turn when it comes, within the job's time. */
  async #giveTurnsAsDevicesCome(): Promise<void> {
    const { sessions, deviceJobs, limits } = this.#parts;
    const { jobId } = this.#job;
    const arrivals = new Map<string, IdentityKey>();
    let areTooMany = true;
    const arrive = (key: IdentityKey): void => {
      if (arrivals.size < limits.arrivalsMax) arrivals.set(JSON.stringify(key), key);
      else areTooMany = true;
      this.#bell.ring();
    };
    using _listening = sessions.onAnyListening(({ identity, methods }) => {
      if (methods !== undefined) arrive(identity);
    });
    while (this.#hasTime) {
      if (areTooMany) {
        areTooMany = false;
        arrivals.clear();
        await this.#giveTurns();
      }
      for (const [name, key] of arrivals) {
        arrivals.delete(name);
        const deviceJob = await deviceJobs.find(jobId, key);
        if (!this.#hasTime) return;
        if (deviceJob?.status === "pending") await this.#turns.begin(deviceJob);
      }
      for (const key of this.#turns.takeMissed()) arrive(key);
      if (arrivals.size > 0 || areTooMany) continue;
      if (this.#turns.inFlight === 0 && (await deviceJobs.count(jobId)).pending === 0) return;
      await this.#bell.rung();
      this.#turns.throwFailure();
    }
  }

  async *#pending(): AsyncGenerator<readonly DeviceJob[]> {
    const { deviceJobs, limits } = this.#parts;
    const { jobId } = this.#job;
    for (let after = 0; ;) {
      const request = { jobId, status: "pending" as const, limit: limits.devicesPerBatchMax };
      const page = await deviceJobs.page({ ...request, after });
      if (page.deviceJobs.length === 0) return;
      yield page.deviceJobs;
      after = page.last;
    }
  }

  async #endPending(end: Pick<DeviceJob, "status"> & Partial<DeviceJob>): Promise<void> {
    const { deviceJobs, clock, onChange } = this.#parts;
    for await (const batch of this.#pending()) {
      if (this.#isStopped) return;
      const nowMs = clock.now();
      const ended = batch.map((row) => ({ ...row, endedAtMs: nowMs, updatedAtMs: nowMs, ...end }));
      for (const changed of await deviceJobs.change(ended, "pending")) onChange(changed);
    }
  }
}
