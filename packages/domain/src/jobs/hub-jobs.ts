import type { HubObservers } from "../hubs/hub-observer.ts";
import type { Admission } from "../limits/admission.ts";
import type { Methods } from "../methods/methods.ts";
import type { Queries } from "../query/queries.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";
import type { Twins } from "../twins/twins.ts";
import type { JobLimits } from "./job-limits.ts";
import type { DeviceJobStore, JobStore } from "./job-store.ts";
import { Jobs } from "./jobs.ts";
import { Pace } from "./pace.ts";

/** What jobs of a hub stand on. */
export interface HubJobsParts {
  readonly jobs: JobStore;
  readonly deviceJobs: DeviceJobStore;
  readonly jobLimits: JobLimits;
}

type Surroundings = HubJobsParts & {
  readonly clock: Clock;
  readonly queries: Queries;
  readonly twins: Twins;
  readonly methods: Methods;
  readonly sessions: Sessions;
  readonly observers: HubObservers;
  readonly admission: Admission;
};

export function createHubJobs(parts: Surroundings): Jobs {
  const { clock, jobLimits, observers, admission } = parts;
  return new Jobs({
    jobs: parts.jobs,
    deviceJobs: parts.deviceJobs,
    queries: parts.queries,
    twins: parts.twins,
    methods: parts.methods,
    sessions: parts.sessions,
    clock,
    limits: jobLimits,
    admission,
    pace: new Pace(
      clock,
      () => admission.jobs?.jobDevicesPerSecond ?? jobLimits.deviceOperationsPerSecondMax,
    ),
    onChange: (deviceJob) => observers.deviceJobChanged(deviceJob),
  });
}
