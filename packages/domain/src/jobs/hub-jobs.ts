import type { DeviceStore } from "../devices/device-store.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import type { HubObservers } from "../hubs/hub-observer.ts";
import type { Methods } from "../methods/methods.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";
import type { Twins } from "../twins/twins.ts";
import type { JobLimits } from "./job-limits.ts";
import type { DeviceJobStore, JobStore } from "./job-store.ts";
import { Jobs } from "./jobs.ts";
import { Pace } from "./pace.ts";
import { TargetsById } from "./targets-by-id.ts";

/** What jobs of a hub stand on. */
export interface HubJobsParts {
  readonly jobs: JobStore;
  readonly deviceJobs: DeviceJobStore;
  readonly jobLimits: JobLimits;
}

type Surroundings = HubJobsParts & {
  readonly clock: Clock;
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly twins: Twins;
  readonly methods: Methods;
  readonly sessions: Sessions;
  readonly observers: HubObservers;
};

export function createHubJobs(parts: Surroundings): Jobs {
  const { clock, jobLimits, devices, modules, observers } = parts;
  return new Jobs({
    jobs: parts.jobs,
    deviceJobs: parts.deviceJobs,
    targets: new TargetsById(devices, modules),
    twins: parts.twins,
    methods: parts.methods,
    sessions: parts.sessions,
    clock,
    limits: jobLimits,
    pace: new Pace(clock, jobLimits.deviceOperationsPerSecondMax),
    onChange: (deviceJob) => observers.deviceJobChanged(deviceJob),
  });
}
