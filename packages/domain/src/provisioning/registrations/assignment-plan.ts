import type { HubPlace } from "../allocation/allocator.ts";
import type { ReprovisionPolicy } from "../enrollments/enrollment.ts";
import { isSameHost } from "../hubs/linked-hub.ts";
import type { Substatus } from "./registration.ts";

/** What to do with the data of a device in the hubs concerned. */
export type DataPlan =
  /** The twin begins with the enrollment's when the identity is new, and stays otherwise. */
  | "keep"
  /** The twin comes along from the previous hub. */
  | "migrate"
  /** The twin becomes the enrollment's, whatever there was. */
  | "reset";

export interface AssignmentPlan {
  readonly target: HubPlace;
  readonly data: DataPlan;
  /** The identity to delete when the device is safe in its new place. */
  readonly leaves: HubPlace | undefined;
  readonly substatus: Substatus;
}

export function isSamePlace(left: HubPlace, right: HubPlace): boolean {
  return isSameHost(left.hub, right.hub) && left.deviceId === right.deviceId;
}

/** (protocol reference: provisioning 9) */
export function planAssignment(request: {
  readonly previous: HubPlace | undefined;
  /** The previous hub can no longer be asked when it was unlinked. */
  readonly isPreviousLinked: boolean;
  readonly target: HubPlace;
  readonly policy: ReprovisionPolicy;
  /** A webhook that brought a twin has decided about the data. */
  readonly bringsTwin: boolean;
}): AssignmentPlan {
  const { previous, isPreviousLinked, target, policy, bringsTwin } = request;
  if (previous === undefined) {
    return { target, data: "keep", leaves: undefined, substatus: "initialAssignment" };
  }
  const wantsReset = policy.updateHubAssignment && !policy.migrateDeviceData;
  if (isSamePlace(previous, target)) {
    // The factory reset: the policy asks for it even where the hub does not change.
    return wantsReset
      ? { target, data: "reset", leaves: undefined, substatus: "deviceDataReset" }
      : { target, data: "keep", leaves: undefined, substatus: "initialAssignment" };
  }
  const leaves = isPreviousLinked ? previous : undefined;
  return wantsReset || bringsTwin || !isPreviousLinked
    ? { target, data: "reset", leaves, substatus: "deviceDataReset" }
    : { target, data: "migrate", leaves, substatus: "deviceDataMigrated" };
}

/** The first assignment is for ever: nothing is evaluated again. */
export function isSticky(policy: ReprovisionPolicy, previous: HubPlace | undefined): boolean {
  return previous !== undefined && !policy.updateHubAssignment;
}
