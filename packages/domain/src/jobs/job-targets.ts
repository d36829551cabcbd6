import type { IdentityKey } from "../devices/device.ts";
import type { JobTarget } from "./job.ts";

/** Finds the devices of a job. */
export interface JobTargets {
  /** Throws what is wrong with the condition. */
  check(target: JobTarget): void;
  /** In batches, so that nobody has to hold them all. Ends early when nobody wants them any more. */
  identities(target: JobTarget): AsyncIterable<readonly IdentityKey[]>;
}
