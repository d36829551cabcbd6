import type { JsonObject } from "../json/json-value.ts";
import { formatTimestamp } from "../time/timestamps.ts";
import type { DeviceJob } from "./job.ts";

/**
 * A device's part of a job as queries see it. What a device has not answered is left out: one client
 * dereferences an outcome that is there. (protocol reference: query-language 6.2)
 */
export function deviceJobDocument(job: DeviceJob): JsonObject {
  const { deviceId, moduleId } = job.key;
  return {
    deviceId,
    ...(moduleId !== undefined && { moduleId }),
    jobId: job.jobId,
    jobType: job.jobType,
    status: job.status,
    startTimeUtc: formatTimestamp(job.startedAtMs),
    endTimeUtc: formatTimestamp(job.endedAtMs),
    createdDateTimeUtc: formatTimestamp(job.createdAtMs),
    lastUpdatedDateTimeUtc: formatTimestamp(job.updatedAtMs),
    ...(job.response !== undefined && {
      outcome: {
        deviceMethodResponse: {
          status: job.response.status,
          payload: job.response.payload,
        },
      },
    }),
    ...(job.error !== undefined && {
      error: { code: job.error.code, description: job.error.description },
    }),
  };
}
