import type { Secrets } from "../../access/secrets.ts";
import type { ProvisioningPolicy } from "../access/provisioning-rights.ts";
import { PROVISIONING_RIGHTS } from "../access/provisioning-rights.ts";
import type { DefaultAllocationPolicy } from "../allocation/allocation-policy.ts";
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
}

export interface ProvisioningSettingsStore {
  find(name: string): Promise<ProvisioningSettings | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(
    settings: ProvisioningSettings,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict">;
  list(): Promise<readonly ProvisioningSettings[]>;
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
  };
}

/** The hosted service's form: a fixed beginning and eight digits. */
function createIdScope(secrets: Secrets): string {
  return `0ne${secrets.createUuid().replaceAll("-", "").slice(0, 8).toUpperCase()}`;
}
