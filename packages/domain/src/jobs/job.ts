import type { IdentityKey } from "../devices/device.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import type { MethodResponse } from "../sessions/inlets.ts";
import type { TwinCondition, TwinPatch } from "../twins/twins.ts";

export const JOB_TYPES = ["scheduleDeviceMethod", "scheduleUpdateTwin"] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** What clients see of a job. */
export const JOB_STATUSES = ["queued", "running", "completed", "failed", "cancelled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * How far a job is, which is more than clients see of it: `waiting` for its time or its turn, `selecting`
 * its devices, `running`, `ending` (its status is final, and devices that still wait are being let go), `over`.
 */
export type JobPhase = "waiting" | "selecting" | "running" | "ending" | "over";

export const DEVICE_JOB_STATUSES = [
  "pending",
  "running",
  "completed",
  "failed",
  "canceled",
] as const;
export type DeviceJobStatus = (typeof DEVICE_JOB_STATUSES)[number];

export interface MethodTask {
  readonly type: "scheduleDeviceMethod";
  readonly name: string;
  /** Undefined when the caller gave none. */
  readonly payload: JsonValue | undefined;
  readonly responseTimeoutMs: number;
}

export interface TwinTask {
  readonly type: "scheduleUpdateTwin";
  readonly patch: TwinPatch;
  readonly condition: TwinCondition;
}

export type JobTask = MethodTask | TwinTask;

export interface JobRequest {
  readonly jobId: string;
  /** Whose turn it is, in the words of `parseTarget`. */
  readonly queryCondition: string;
  readonly task: JobTask;
  /** The task as the client wrote it: it is told the same again. */
  readonly told: JsonObject;
  /** Undefined means now. */
  readonly startAtMs: number | undefined;
  readonly executionTimeMaxMs: number;
}

export interface Job extends Omit<JobRequest, "startAtMs"> {
  readonly status: JobStatus;
  readonly phase: JobPhase;
  readonly createdAtMs: number;
  readonly startAtMs: number;
  /** 0 before. */
  readonly startedAtMs: number;
  /** 0 before. */
  readonly endedAtMs: number;
  readonly failureReason: string | undefined;
}

/** How many devices of a job are how far. */
export type JobCounts = Readonly<Record<DeviceJobStatus, number>>;

export interface DeviceJobError {
  readonly code: string;
  readonly description: string;
}

/** What a job does with, and what came of it for, one device or module. */
export interface DeviceJob {
  readonly jobId: string;
  readonly jobType: JobType;
  readonly key: IdentityKey;
  readonly status: DeviceJobStatus;
  readonly createdAtMs: number;
  /** 0 before. */
  readonly startedAtMs: number;
  /** 0 before. */
  readonly endedAtMs: number;
  readonly updatedAtMs: number;
  /** What a device answered. */
  readonly response: MethodResponse | undefined;
  readonly error: DeviceJobError | undefined;
}
