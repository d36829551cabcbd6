import type { JobRequest, JobTask, JobView } from "@larimar/domain";
import { JOB_STATUSES, JOB_TYPES } from "@larimar/domain";
import { z } from "zod";
import { parseIfMatch } from "../headers/etag.ts";
import { AnyJsonObject } from "../json-schema.ts";
import { MethodBody } from "../routes/method-routes.ts";
import { type Reading, invalid, read } from "../reading.ts";
import { readJson } from "../read-json.ts";
import { formatTimestamp } from "../timestamps.ts";
import { TwinPatchBody, toTwinPatch } from "./twin-body.ts";

const EXECUTION_SECONDS_DEFAULT = 3600;

/** (protocol reference: service-facing 2.14) */
export const JobBody = z.object({
  jobId: z.string().nullish(),
  type: z.enum(JOB_TYPES),
  /** As they were sent, because clients compare what they are told with it. */
  cloudToDeviceMethod: AnyJsonObject.nullish(),
  updateTwin: AnyJsonObject.nullish(),
  queryCondition: z.string(),
  startTime: z.iso.datetime({ offset: true }).nullish(),
  maxExecutionTimeInSeconds: z.number().nullish(),
});

/** Words clients may ask for; the hub has no jobs that are the further ones. */
export const JOB_STATUS_WORDS = [...JOB_STATUSES, "unknown", "enqueued", "scheduled"] as const;
export const JOB_TYPE_WORDS = [...JOB_TYPES, "unknown", "export", "import"] as const;

/** Clients dereference what is there, so what does not apply is left out. */
export const JobResponse = z.object({
  jobId: z.string(),
  type: z.enum(JOB_TYPE_WORDS),
  status: z.enum(JOB_STATUS_WORDS),
  queryCondition: z.string().optional(),
  cloudToDeviceMethod: AnyJsonObject.optional(),
  updateTwin: AnyJsonObject.optional(),
  createdTime: z.iso.datetime().optional(),
  startTime: z.iso.datetime().optional(),
  endTime: z.iso.datetime().optional(),
  maxExecutionTimeInSeconds: z.number().optional(),
  failureReason: z.string().optional(),
  deviceJobStatistics: z
    .object({
      deviceCount: z.int(),
      failedCount: z.int(),
      succeededCount: z.int(),
      runningCount: z.int(),
      pendingCount: z.int(),
    })
    .optional(),
});

/** Of the job in the path, whatever the body calls it. */
export function toJobRequest(jobId: string, body: z.output<typeof JobBody>): Reading<JobRequest> {
  const { cloudToDeviceMethod, updateTwin, queryCondition, startTime } = body;
  const task =
    body.type === "scheduleDeviceMethod"
      ? readMethodTask(cloudToDeviceMethod)
      : readTwinTask(updateTwin);
  if (task.kind === "invalid") return task;
  const told = task.value.type === "scheduleUpdateTwin" ? { updateTwin } : { cloudToDeviceMethod };
  return read({
    jobId,
    queryCondition,
    task: task.value,
    told: told as JobRequest["told"],
    startAtMs: startTime ? Date.parse(startTime) : undefined,
    executionTimeMaxMs: (body.maxExecutionTimeInSeconds ?? EXECUTION_SECONDS_DEFAULT) * 1000,
  });
}

export function toJobResponse({ job, counts }: JobView): z.output<typeof JobResponse> {
  const { pending, running, completed, failed, canceled } = counts;
  return {
    jobId: job.jobId,
    type: job.task.type,
    status: job.status,
    queryCondition: job.queryCondition,
    ...(job.told as Pick<z.output<typeof JobResponse>, "cloudToDeviceMethod" | "updateTwin">),
    createdTime: formatTimestamp(job.createdAtMs),
    startTime: formatTimestamp(job.startAtMs),
    ...(job.endedAtMs > 0 && { endTime: formatTimestamp(job.endedAtMs) }),
    maxExecutionTimeInSeconds: job.executionTimeMaxMs / 1000,
    ...(job.failureReason !== undefined && { failureReason: job.failureReason }),
    deviceJobStatistics: {
      deviceCount: pending + running + completed + failed + canceled,
      failedCount: failed,
      succeededCount: completed,
      runningCount: running,
      pendingCount: pending,
    },
  };
}

function readMethodTask(method: unknown): Reading<JobTask> {
  const body = readJson(MethodBody, method);
  if (body.kind === "invalid") return invalid(`cloudToDeviceMethod: ${body.problem}`);
  const { methodName, payload, responseTimeoutInSeconds } = body.value;
  return read({
    type: "scheduleDeviceMethod",
    name: methodName,
    payload,
    responseTimeoutMs: responseTimeoutInSeconds * 1000,
  });
}

const JobTwinBody = TwinPatchBody.extend({ etag: z.string().nullish() });

function readTwinTask(twin: unknown): Reading<JobTask> {
  const body = readJson(JobTwinBody, twin);
  if (body.kind === "invalid") return invalid(`updateTwin: ${body.problem}`);
  const { etag } = body.value;
  const condition = etag ? parseIfMatch(etag) : "any";
  if (condition === undefined) return invalid("updateTwin: 'etag' is not an ETag");
  return read({ type: "scheduleUpdateTwin", patch: toTwinPatch(body.value), condition });
}
