import { z } from "zod";
import { JOB_STATUS_WORDS, JOB_TYPE_WORDS, JobBody, JobResponse } from "../bodies/job-body.ts";
import { routeContract } from "./route-contract.ts";

const common = {
  caller: { rights: ["ServiceConnect"] },
  errorForm: "B",
  isApiVersionRequired: true,
  success: { status: 200, schema: JobResponse },
} as const;

export const ScheduleJob = routeContract({
  ...common,
  name: "scheduleJob",
  method: "PUT",
  path: "/jobs/v2/{jobId}",
  body: { schema: JobBody, limit: "twinBytesMax" },
});

export const GetJob = routeContract({
  ...common,
  name: "getJob",
  method: "GET",
  path: "/jobs/v2/{jobId}",
});

export const CancelJob = routeContract({
  ...common,
  name: "cancelJob",
  method: "POST",
  path: "/jobs/v2/{jobId}/cancel",
});

/** Pages as queries do, with the same headers. */
export const QueryJobs = routeContract({
  ...common,
  name: "queryJobs",
  method: "GET",
  path: "/jobs/v2/query",
  query: z.object({
    /** Empty means any, as a missing one does. */
    jobType: z.enum([...JOB_TYPE_WORDS, ""]).optional(),
    jobStatus: z.enum([...JOB_STATUS_WORDS, ""]).optional(),
  }),
  success: { status: 200, schema: z.array(JobResponse) },
});
