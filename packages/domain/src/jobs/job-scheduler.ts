import { alarmAt } from "../time/alarm.ts";
import type { Timer } from "../time/clock.ts";
import type { Job } from "./job.ts";
import type { JobRunParts } from "./job-run.ts";
import { JobRun } from "./job-run.ts";

/** After a store has refused; the job goes on from where it was. */
const RETRY_DELAY_MS = 5000;

/** Starts jobs when their time has come and there is room, and takes up those that a stop interrupted. */
export class JobScheduler implements AsyncDisposable {
  readonly #parts: JobRunParts;
  readonly #runs = new Map<string, { readonly run: JobRun; readonly done: Promise<void> }>();
  #alarm: Timer | undefined;
  #looking: Promise<void> | undefined;
  #isToLookAgain = false;
  #isStopped = false;

  constructor(parts: JobRunParts) {
    this.#parts = parts;
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isStopped) return;
    if (this.#looking !== undefined) {
      this.#isToLookAgain = true;
      return;
    }
    this.#looking = this.#look()
      .catch(() => this.#setAlarm(this.#parts.clock.now() + RETRY_DELAY_MS))
      .finally(() => {
        this.#looking = undefined;
        if (!this.#isToLookAgain) return;
        this.#isToLookAgain = false;
        this.wake();
      });
  }

  /** The job was changed by somebody else than its run. */
  async changed(jobId: string): Promise<void> {
    await this.#runs.get(jobId)?.run.lookAgain();
    this.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#alarm?.cancel();
    await this.#looking;
    for (const { run } of this.#runs.values()) run.stop();
  }

  async #look(): Promise<void> {
    const { jobs, clock, limits } = this.#parts;
    const unfinished = await jobs.unfinished(limits.runningJobsMax + 1);
    if (this.#isStopped) return;
    for (const job of unfinished) {
      if (this.#runs.has(job.jobId)) continue;
      if (job.phase === "waiting" && job.startAtMs > clock.now()) {
        return this.#setAlarm(job.startAtMs);
      }
      // The end of one of those that run is when this is looked at again.
      if (this.#runs.size >= limits.runningJobsMax) return;
      this.#start(job);
    }
  }

  #start(job: Job): void {
    const run = new JobRun(job, this.#parts);
    const end = (): void => {
      this.#runs.delete(job.jobId);
      this.wake();
    };
    const done = run.execute().then(end, () => {
      if (!this.#isStopped) this.#parts.clock.after(RETRY_DELAY_MS, end);
    });
    this.#runs.set(job.jobId, { run, done });
  }

  #setAlarm(atMs: number): void {
    this.#alarm?.cancel();
    this.#alarm = alarmAt(this.#parts.clock, atMs, () => this.wake());
  }
}
