import type { IdentityKey } from "../devices/device.ts";
import type { Twin } from "../twins/twin.ts";
import type {
  DeviceJob,
  DeviceJobStatus,
  Job,
  JobCounts,
  JobPhase,
  JobStatus,
  JobType,
} from "./job.ts";

export interface JobPageRequest {
  readonly type: JobType | undefined;
  readonly status: JobStatus | undefined;
  /** The position that the previous page named. */
  readonly after: number | undefined;
  readonly limit: number;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Undefined on the last page. */
  readonly next: number | undefined;
}

/** Scheduled jobs of one hub. */
export interface JobStore {
  find(jobId: string): Promise<Job | undefined>;
  /** A job of the same id is left as it is. */
  add(job: Job): Promise<"written" | "conflict">;
  /** Compare-and-set on the phase. */
  update(job: Job, expectedPhase: JobPhase): Promise<"written" | "conflict">;
  /** The newest first. */
  list(page: JobPageRequest): Promise<JobPage>;
  /** Those that are not over: first the ones that have begun, then by the time they are to start at. */
  unfinished(limit: number): Promise<readonly Job[]>;
  /** Those that are queued or running. */
  countActive(): Promise<number>;
  /**
   * Jobs that are over since then, oldest first, with what is known of their devices. Removes no more than
   * `limit` rows at once and tells whether there are more.
   */
  removeEnded(endedBeforeMs: number, limit: number): Promise<boolean>;
}

export interface DeviceJobPageRequest {
  readonly jobId: string;
  readonly status: DeviceJobStatus;
  /** The position that the previous page named; 0 begins. */
  readonly after: number;
  readonly limit: number;
}

/** The parts of a hub's jobs that concern one device or module each. */
export interface DeviceJobStore {
  /** As pending; those that are there already stay as they are. */
  add(job: Pick<Job, "jobId" | "task">, keys: readonly IdentityKey[], nowMs: number): Promise<void>;
  find(jobId: string, key: IdentityKey): Promise<DeviceJob | undefined>;
  /** In the order they were added in. */
  page(request: DeviceJobPageRequest): Promise<{ deviceJobs: readonly DeviceJob[]; last: number }>;
  /** Compare-and-set on the status, each for itself, all in one commit; gives those that were written. */
  change(
    deviceJobs: readonly DeviceJob[],
    expectedStatus: DeviceJobStatus,
  ): Promise<readonly DeviceJob[]>;
  /**
   * Writes a twin and what came of it, both or neither. `over` when the device's turn has passed,
   * `conflict` when the twin has another version.
   */
  changeWithTwin(
    deviceJob: DeviceJob,
    expectedStatus: DeviceJobStatus,
    twin: { readonly twin: Twin; readonly expectedVersion: number | undefined },
  ): Promise<"written" | "conflict" | "over">;
  count(jobId: string): Promise<JobCounts>;
}
