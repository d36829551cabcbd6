import type { Secrets } from "../../access/secrets.ts";
import type { ProvisioningPolicy } from "../access/provisioning-rights.ts";
import { PROVISIONING_RIGHTS } from "../access/provisioning-rights.ts";
import type { DefaultAllocationPolicy } from "../allocation/allocation-policy.ts";
import type { HubResource } from "../../hubs/hub-resource.ts";
import { DEFAULT_HUB_RESOURCE } from "../../hubs/hub-resource.ts";
import type { LinkedHubSettings } from "../hubs/linked-hub.ts";

/** What an operator decides about a provisioning service. */
export interface ProvisioningSettings {
  readonly name: string;
  readonly etag: string;
  readonly createdAtMs: number;
  /** Names the service to devices, which all share one host; compared without case. */
  readonly idScope: string;
  /** The first is used in connection strings; a request to any of them reaches this service. */
  readonly hostNames: readonly string[];
  readonly policies: readonly ProvisioningPolicy[];
  readonly allocationPolicy: DefaultAllocationPolicy;
  readonly linkedHubs: readonly LinkedHubSettings[];
  readonly resource: ProvisioningResource;
  /** Its deletion began: it is served no more, and what is left of it goes. */
  readonly isDeleted: boolean;
}

/** What administrators keep beside a service; the service itself goes on as it was. */
export type ProvisioningResource = Omit<HubResource, "tier">;

/** What a store may hold: an older version wrote less. */
export type StoredProvisioningSettings = Omit<ProvisioningSettings, "resource" | "isDeleted"> &
  Partial<Pick<ProvisioningSettings, "resource" | "isDeleted">>;

const { tier: _, ...DEFAULT_RESOURCE } = DEFAULT_HUB_RESOURCE;

/** The one place where what an older version did not write gets its value. */
export function completeProvisioningSettings(
  stored: StoredProvisioningSettings,
): ProvisioningSettings {
  return {
    ...stored,
    resource: { ...DEFAULT_RESOURCE, ...stored.resource },
    isDeleted: stored.isDeleted ?? false,
  };
}

export interface ProvisioningSettingsStore {
  find(name: string): Promise<StoredProvisioningSettings | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(
    settings: ProvisioningSettings,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict">;
  /** The settings alone: whatever else is kept of the service has to be gone before. */
  delete(name: string): Promise<void>;
  list(): Promise<readonly StoredProvisioningSettings[]>;
}

export const OWNER_POLICY_NAME = "provisioningserviceowner";

export function createProvisioningSettings(
  input: {
    readonly name: string;
    readonly hostNames: readonly string[];
    readonly linkedHubs: readonly LinkedHubSettings[];
    readonly nowMs: number;
  },
  secrets: Secrets,
): ProvisioningSettings {
  const { name, hostNames, linkedHubs, nowMs } = input;
  return {
    name,
    etag: secrets.createEtag(),
    createdAtMs: nowMs,
    idScope: createIdScope(secrets),
    hostNames,
    policies: [
      {
        name: OWNER_POLICY_NAME,
        primaryKey: secrets.createKey(),
        secondaryKey: secrets.createKey(),
        rights: PROVISIONING_RIGHTS,
      },
    ],
    allocationPolicy: "hashed",
    linkedHubs,
    resource: DEFAULT_RESOURCE,
    isDeleted: false,
  };
}

/** The hosted service's form: a fixed beginning and eight digits. */
function createIdScope(secrets: Secrets): string {
  return `0ne${secrets.createUuid().replaceAll("-", "").slice(0, 8).toUpperCase()}`;
}
