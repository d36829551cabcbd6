import type { IncomingHttpHeaders } from "node:http";
import { HubError, JOB_STATUSES, JOB_TYPES } from "@larimar/domain";
import {
  CONTINUATION_HEADER,
  CancelJob,
  GetJob,
  ITEM_TYPE_HEADER,
  PAGE_SIZE_HEADER,
  QueryJobs,
  ScheduleJob,
  readPageSize,
  toJobRequest,
  toJobResponse,
} from "@larimar/wire";
import { judge } from "../../operations/operation-body.ts";
import { IdentityMismatchError, codeOf } from "../../operations/rest-error.ts";
import { route } from "../../operations/route.ts";

const UNKNOWN = "unknown";
const JOBS_PER_PAGE = { default: 100, max: 1000 };

export const jobRoutes = [
  route(ScheduleJob, async ({ hub, params, body }) => {
    if (body.jobId && body.jobId !== params.jobId) throw new IdentityMismatchError();
    const view = await hub.jobs.schedule(judge(toJobRequest(params.jobId, body)));
    return { status: 200, body: toJobResponse(view) };
  }),

  route(GetJob, async ({ hub, params }) => {
    const { jobId } = params;
    try {
      return { status: 200, body: toJobResponse(await hub.jobs.get(jobId)) };
    } catch (error) {
      if (codeOf(error) !== "JobNotFound") throw error;
      // One tool asks here first, and elsewhere when it hears of a job that this is not the place for.
      await hub.transfers.get(jobId);
      return { status: 200, body: { jobId, type: UNKNOWN, status: UNKNOWN } };
    }
  }),

  route(CancelJob, async ({ hub, params }) => ({
    status: 200,
    body: toJobResponse(await hub.jobs.cancel(params.jobId)),
  })),

  route(QueryJobs, async ({ hub, query, headers }) => {
    const page = {
      type: JOB_TYPES.find((type) => type === query.jobType),
      status: JOB_STATUSES.find((status) => status === query.jobStatus),
      ...pageOf(headers),
    };
    const itemType = { [ITEM_TYPE_HEADER]: "JobResponse" };
    // A word for jobs that this hub has none of.
    if ((query.jobType && !page.type) || (query.jobStatus && !page.status)) {
      return { status: 200, body: [], headers: itemType };
    }
    const { jobs, next } = await hub.jobs.list(page);
    return {
      status: 200,
      body: jobs.map(toJobResponse),
      // Clients loop on a continuation that is empty, so the last page has none.
      headers: { ...itemType, ...(next !== undefined && { [CONTINUATION_HEADER]: String(next) }) },
    };
  }),
];

function pageOf(headers: IncomingHttpHeaders): { after: number | undefined; limit: number } {
  const size = readPageSize(headers[PAGE_SIZE_HEADER]?.toString());
  if (size === undefined) throw new HubError("ArgumentInvalid", "The page size is not a number");
  const continuation = headers[CONTINUATION_HEADER]?.toString() ?? "";
  if (!/^\d{0,15}$/.test(continuation)) {
    throw new HubError("ArgumentInvalid", "The continuation is not one of ours");
  }
  return {
    after: continuation === "" ? undefined : Number(continuation),
    limit: Math.min(size || JOBS_PER_PAGE.default, JOBS_PER_PAGE.max),
  };
}
