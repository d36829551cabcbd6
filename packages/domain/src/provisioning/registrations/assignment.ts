import type { InitialTwin } from "../enrollments/enrollment.ts";
import type { HubIdentity, LinkedHub, LinkedHubs, LinkedHubSettings } from "../hubs/linked-hub.ts";
import { findLinkedHub } from "../hubs/linked-hub.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import type { AssignmentPlan } from "./assignment-plan.ts";

export interface AssignmentParts {
  readonly hubs: LinkedHubs;
  readonly linkedHubs: () => readonly LinkedHubSettings[];
}

export interface AssignmentRequest {
  readonly plan: AssignmentPlan;
  readonly identity: HubIdentity;
  readonly initialTwin: InitialTwin | undefined;
  /** Where the data of a migration comes from. */
  readonly previous: { readonly hub: string; readonly deviceId: string } | undefined;
  readonly deadlineAtMs: number;
}

/** Carries out a plan in the hubs; what is left behind is deleted later, when the new place is recorded. */
export async function assignInHubs(
  request: AssignmentRequest,
  parts: AssignmentParts,
): Promise<"created" | "updated"> {
  const { plan, identity, initialTwin, previous, deadlineAtMs } = request;
  const hub = connect(plan.target.hub, parts);
  switch (plan.data) {
    case "keep":
      return hub.put({ identity, twin: initialTwin, twinMode: "whenCreated" }, deadlineAtMs);
    case "migrate": {
      const found =
        previous && (await connect(previous.hub, parts).readTwin(previous.deviceId, deadlineAtMs));
      // Somebody deleted the device in its old hub: there is no data to bring.
      const twin = found ?? initialTwin;
      return hub.put({ identity, twin, twinMode: "always" }, deadlineAtMs);
    }
    case "reset":
      // A factory reset is a new device with the same name: reported properties go too.
      await hub.delete(plan.target.deviceId, deadlineAtMs);
      return hub.put({ identity, twin: initialTwin, twinMode: "always" }, deadlineAtMs);
  }
}

export async function removeFromHub(
  place: { readonly hub: string; readonly deviceId: string },
  deadlineAtMs: number,
  parts: AssignmentParts,
): Promise<void> {
  await connect(place.hub, parts).delete(place.deviceId, deadlineAtMs);
}

function connect(hostName: string, { hubs, linkedHubs }: AssignmentParts): LinkedHub {
  const settings = findLinkedHub(linkedHubs(), hostName);
  if (settings === undefined) {
    throw new ProvisioningError("HubUnusable", `'${hostName}' is not a linked hub`);
  }
  return hubs.connect(settings);
}
