import type { Enrollment } from "../enrollments/enrollment.ts";
import type { LinkedHubSettings } from "../hubs/linked-hub.ts";
import { answersTo } from "../hubs/linked-hub.ts";

/** The hubs that an enrollment names, in either of the two ways. */
function namedHubs(enrollment: Pick<Enrollment, "iotHubs" | "iotHubHostName">): readonly string[] {
  if (enrollment.iotHubs.length > 0) return enrollment.iotHubs;
  return enrollment.iotHubHostName === undefined ? [] : [enrollment.iotHubHostName];
}

/**
 * The linked hubs a device of this enrollment may go to: those it names, otherwise all that take part in
 * allocation. (protocol reference: provisioning 8.1)
 */
export function candidateHubs(
  linked: readonly LinkedHubSettings[],
  enrollment: Enrollment,
): readonly LinkedHubSettings[] {
  const named = namedHubs(enrollment);
  if (named.length === 0) return linked.filter((hub) => hub.applyAllocationPolicy);
  return linked.filter((hub) => named.some((name) => answersTo(hub, name)));
}
