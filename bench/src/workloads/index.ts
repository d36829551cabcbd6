import { bulkCreate } from "./bulk-create.ts";
import { configurations } from "./configurations.ts";
import { connectStorm } from "./connect-storm.ts";
import { eventsDelivery } from "./events-delivery.ts";
import { fanIn } from "./fan-in.ts";
import { fixedRate } from "./fixed-rate.ts";
import { growth } from "./growth.ts";
import { idleSessions } from "./idle-sessions.ts";
import { methods } from "./methods.ts";
import { provisioningStorm } from "./provisioning-storm.ts";
import { twinJob } from "./twin-job.ts";
import { twinPatches } from "./twin-patches.ts";
import { queries } from "./queries.ts";
import type { Workload } from "./workload.ts";

/** Every workload `npm run bench` knows. */
export const workloads: readonly Workload[] = [
  fanIn,
  fixedRate,
  eventsDelivery,
  connectStorm,
  idleSessions,
  methods,
  growth,
  provisioningStorm,
  configurations,
  bulkCreate,
  twinJob,
  twinPatches,
  queries,
];
