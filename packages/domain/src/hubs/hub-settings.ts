import type { SharedAccessPolicy } from "../access/shared-access-policy.ts";
import type { CommandSettings } from "../commands/command-settings.ts";

/** How long events are kept: whichever limit is reached first. */
export interface EventRetention {
  readonly ageMs: number;
  readonly bytesMax: number;
}

/** What an operator decides about a hub. */
export interface HubSettings {
  readonly name: string;
  readonly etag: string;
  readonly createdAtMs: number;
  /** The first is used in connection strings; a request for any of them reaches this hub. */
  readonly hostNames: readonly string[];
  readonly policies: readonly SharedAccessPolicy[];
  /** Fixed at creation: devices are placed by it. */
  readonly partitionCount: number;
  readonly consumerGroups: readonly string[];
  readonly eventRetention: EventRetention;
  readonly commands: CommandSettings;
}

export const DEFAULT_CONSUMER_GROUP = "$Default";

export const DEFAULT_EVENT_RETENTION: EventRetention = {
  ageMs: 24 * 60 * 60 * 1000,
  bytesMax: 10 * 1024 ** 3,
};

export interface HubSettingsStore {
  find(name: string): Promise<HubSettings | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(settings: HubSettings, expectedEtag: string | undefined): Promise<"written" | "conflict">;
  list(): Promise<readonly HubSettings[]>;
}
