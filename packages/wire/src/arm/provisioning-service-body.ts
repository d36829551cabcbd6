import type {
  JsonObject,
  LinkedHubSettings,
  ProvisioningSettings,
  ProvisioningSettingsChange,
  Secrets,
} from "@larimar/domain";
import { PROVISIONING_RIGHTS } from "@larimar/domain";
import { z } from "zod";
import { type Reading, read } from "../rest/reading.ts";
import type { ResourcePlace } from "./arm-resource.ts";
import {
  TrackedResource,
  formatTracked,
  isAbsent,
  notEnforced,
  readEchoed,
} from "./arm-resource.ts";
import { maskSecret } from "./connection-secret.ts";
import { PolicyBody, formatPolicy, readPolicies } from "./policy-body.ts";

const ALLOCATION = { Hashed: "hashed", GeoLatency: "geoLatency", Static: "static" } as const;
type AllocationName = keyof typeof ALLOCATION;

const LinkedHubBody = z.object({
  connectionString: z.string(),
  location: z.string().max(64).nullish(),
  allocationWeight: z.number().nullish(),
  applyAllocationPolicy: z.boolean().nullish(),
});

export type LinkedHubRequest = z.output<typeof LinkedHubBody>;

const Properties = z.object({
  authorizationPolicies: z.array(PolicyBody).max(100).nullish(),
  allocationPolicy: z.enum(["Hashed", "GeoLatency", "Static"]).nullish(),
  iotHubs: z.array(LinkedHubBody).max(100).nullish(),
  // Nothing here enforces these, and whoever asks for them relies on it: only the harmless value is taken.
  publicNetworkAccess: z.enum(["Enabled"], notEnforced("publicNetworkAccess")).nullish(),
  ipFilterRules: z.array(z.never(notEnforced("ipFilterRules"))).nullish(),
});

export const ProvisioningServiceBody = z.object({
  ...TrackedResource,
  sku: z.object({ name: z.enum(["S1"]).nullish(), capacity: z.number().nullish() }).nullish(),
  properties: Properties.nullish(),
});

const FORGOTTEN = [
  "provisioningState",
  "state",
  "idScope",
  "serviceOperationsHostName",
  "deviceProvisioningHostName",
  "authorizationPolicies",
  "allocationPolicy",
  "iotHubs",
];

/** What a service becomes when this is put; sections that are left out stay as they are. */
export function readProvisioningService(
  { location, tags, sku, properties }: z.output<typeof ProvisioningServiceBody>,
  json: JsonObject,
  current: ProvisioningSettings,
  parts: {
    readonly secrets: Pick<Secrets, "createKey">;
    /** How hubs are found; the problem is told to the client. */
    readonly link: (request: LinkedHubRequest) => Reading<LinkedHubSettings>;
  },
): Reading<ProvisioningSettingsChange> {
  const { resource } = current;
  const policies = isAbsent(properties?.authorizationPolicies)
    ? read(current.policies)
    : readPolicies(
        properties.authorizationPolicies,
        current.policies,
        PROVISIONING_RIGHTS,
        parts.secrets,
      );
  if (policies.kind === "invalid") return policies;
  const linkedHubs: LinkedHubSettings[] = [];
  for (const request of properties?.iotHubs ?? []) {
    const linked = parts.link(request);
    if (linked.kind === "invalid") return linked;
    linkedHubs.push(linked.value);
  }
  const echoed = readEchoed(json, resource.echoed, { known: FORGOTTEN });
  if (echoed.kind === "invalid") return echoed;
  const policy = properties?.allocationPolicy;
  return read({
    policies: policies.value,
    allocationPolicy: isAbsent(policy) ? current.allocationPolicy : ALLOCATION[policy],
    linkedHubs: isAbsent(properties?.iotHubs) ? current.linkedHubs : linkedHubs,
    resource: {
      ...resource,
      location: location ?? resource.location,
      tags: tags ?? resource.tags,
      units: sku?.capacity ?? resource.units,
      echoed: echoed.value,
    },
  });
}

export function formatProvisioningService(
  settings: ProvisioningSettings,
  { place }: { place: ResourcePlace },
) {
  const { name, resource, policies, linkedHubs, allocationPolicy } = settings;
  const hostName = settings.hostNames[0] ?? name;
  return {
    ...formatTracked(settings, "provisioningServices", place),
    sku: { name: "S1", tier: "Standard", capacity: resource.units },
    properties: {
      ...resource.echoed,
      provisioningState: "Succeeded",
      state: "Active",
      idScope: settings.idScope,
      serviceOperationsHostName: hostName,
      deviceProvisioningHostName: hostName,
      allocationPolicy: (Object.keys(ALLOCATION) as AllocationName[]).find(
        (word) => ALLOCATION[word] === allocationPolicy,
      ),
      authorizationPolicies: policies.map(formatPolicy),
      iotHubs: linkedHubs.map((hub) => ({
        name: hub.hostName,
        connectionString: maskSecret(
          hub.connectionString ??
            `HostName=${hub.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=`,
        ),
        location: hub.location,
        allocationWeight: hub.allocationWeight,
        applyAllocationPolicy: hub.applyAllocationPolicy,
      })),
    },
  };
}
