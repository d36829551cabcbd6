import { HubError } from "../errors/hub-error.ts";
import type { Admission } from "../limits/admission.ts";
import { parseTarget } from "../query/language/parse-query.ts";
import type { Job, JobCounts, JobRequest, MethodTask } from "./job.ts";
import type { JobRunParts } from "./job-run.ts";
import { JobScheduler } from "./job-scheduler.ts";
import type { JobPageRequest } from "./job-store.ts";

export interface JobView {
  readonly job: Job;
  readonly counts: JobCounts;
}

export interface JobsParts extends JobRunParts {
  readonly admission: Admission;
}

const JOB_ID = /^[A-Za-z0-9_-]+$/;

/** A sweep removes no more than so many batches; the next one goes on. */
const SWEEP_BATCHES_MAX = 1000;

/** Methods and twin changes for many devices, at a time that somebody chose. */
export class Jobs implements AsyncDisposable {
  readonly #parts: JobsParts;
  readonly #scheduler: JobScheduler;

  constructor(parts: JobsParts) {
    this.#parts = parts;
    this.#scheduler = new JobScheduler(parts);
    this.#scheduler.wake();
  }

  /**
   * All of this throws `NotInTier` and `Throttled` where a tier is enforced.
   * Throws `ArgumentInvalid`, `JobAlreadyExists`, `TooManyJobs`, and what the condition leads to.
   */
  async schedule(request: JobRequest): Promise<JobView> {
    const { jobs, clock } = this.#parts;
    await this.#admit();
    this.#check(request);
    const nowMs = clock.now();
    await this.#checkCount(request.startAtMs ?? nowMs);
    const job: Job = {
      ...request,
      status: "queued",
      phase: "waiting",
      createdAtMs: nowMs,
      startAtMs: request.startAtMs ?? nowMs,
      startedAtMs: 0,
      endedAtMs: 0,
      failureReason: undefined,
    };
    if ((await jobs.add(job)) === "conflict") {
      throw new HubError("JobAlreadyExists", `A job with ID '${job.jobId}' already exists.`);
    }
    this.#scheduler.wake();
    return this.#view(job);
  }

  /** Throws `JobNotFound`. */
  async get(jobId: string): Promise<JobView> {
    await this.#admit();
    return this.#view(await this.#find(jobId));
  }

  /** Devices that have their turn keep it. Throws `JobNotFound`, and `JobOver` when the job has ended. */
  async cancel(jobId: string): Promise<JobView> {
    await this.#admit();
    for (;;) {
      const job = await this.#find(jobId);
      if (job.phase === "ending" || job.phase === "over") {
        throw new HubError("JobOver", `The job '${jobId}' has ended: it is ${job.status}`);
      }
      const cancelled: Job = {
        ...job,
        status: "cancelled",
        phase: job.phase === "waiting" ? "over" : "ending",
        endedAtMs: this.#parts.clock.now(),
      };
      if ((await this.#parts.jobs.update(cancelled, job.phase)) === "conflict") continue;
      await this.#scheduler.changed(jobId);
      return this.#view(cancelled);
    }
  }

  /** The newest first. */
  async list(
    request: JobPageRequest,
  ): Promise<{ readonly jobs: readonly JobView[]; readonly next: number | undefined }> {
    await this.#admit();
    const page = await this.#parts.jobs.list(request);
    return { jobs: await Promise.all(page.jobs.map((job) => this.#view(job))), next: page.next };
  }

  /** Forgets jobs that ended long ago; the hub calls it from time to time. */
  async sweep(): Promise<void> {
    const { jobs, clock, limits } = this.#parts;
    const endedBeforeMs = clock.now() - limits.historyMs;
    for (let batch = 0; batch < SWEEP_BATCHES_MAX; batch++) {
      if (!(await jobs.removeEnded(endedBeforeMs, limits.devicesPerBatchMax))) return;
    }
  }

  /** Jobs that run stop where they are, and are taken up again at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scheduler[Symbol.asyncDispose]();
  }

  #check({ jobId, executionTimeMaxMs, task, queryCondition }: JobRequest): void {
    const { limits, twins } = this.#parts;
    if (queryCondition.trim() === "" || parseTarget(queryCondition).collection === "devices.jobs") {
      throw new HubError(
        "ArgumentInvalid",
        "A job is for devices or modules that meet a condition",
      );
    }
    if (task.type === "scheduleUpdateTwin") twins.check(task.patch);
    else this.#checkMethod(task);
    if (jobId.length > limits.jobIdLengthMax || !JOB_ID.test(jobId)) {
      throw new HubError(
        "ArgumentInvalid",
        `A job id has 1 to ${limits.jobIdLengthMax} letters, digits, hyphens and underscores`,
      );
    }
    if (!(executionTimeMaxMs > 0 && executionTimeMaxMs <= limits.executionTimeMaxMs)) {
      throw new HubError(
        "ArgumentInvalid",
        `A job may run for more than 0 and up to ${limits.executionTimeMaxMs / 1000} seconds`,
      );
    }
  }

  async #admit(): Promise<void> {
    await this.#parts.admission.admit("jobManagement");
  }

  /** A tier counts the jobs that run or would; those of later do not keep others from running. */
  async #checkCount(startAtMs: number): Promise<void> {
    const { jobs, clock, limits, admission } = this.#parts;
    if ((await jobs.countActive()) >= limits.activeJobsMax) {
      throw tooMany(`The hub has ${limits.activeJobsMax} jobs that have not ended`);
    }
    const { jobsMax } = admission.jobs ?? {};
    const nowMs = clock.now();
    if (jobsMax === undefined || startAtMs > nowMs) return;
    const first = await jobs.unfinished(jobsMax);
    const isDue = (job: Job): boolean => job.phase !== "waiting" || job.startAtMs <= nowMs;
    if (first.length === jobsMax && first.every(isDue)) {
      throw tooMany(`The tier of the hub has ${jobsMax} jobs at once`);
    }
  }

  #checkMethod(task: MethodTask): void {
    this.#parts.methods.check(task);
    const size = JSON.stringify(task.payload ?? null).length;
    const { payloadLengthMax } = this.#parts.limits;
    if (size > payloadLengthMax) {
      throw new HubError(
        "ArgumentInvalid",
        `The payload has ${size} characters, more than ${payloadLengthMax}`,
      );
    }
  }

  async #find(jobId: string): Promise<Job> {
    const job = await this.#parts.jobs.find(jobId);
    if (job !== undefined) return job;
    throw new HubError("JobNotFound", `There is no job with ID '${jobId}'.`);
  }

  async #view(job: Job): Promise<JobView> {
    return { job, counts: await this.#parts.deviceJobs.count(job.jobId) };
  }
}

function tooMany(message: string): HubError {
  return new HubError("TooManyJobs", message);
}
