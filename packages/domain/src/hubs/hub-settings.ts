import type { Secrets } from "../access/secrets.ts";
import type { SharedAccessPolicy } from "../access/shared-access-policy.ts";
import { createDefaultPolicies } from "../access/shared-access-policy.ts";
import type { CommandSettings } from "../commands/command-settings.ts";
import { DEFAULT_COMMAND_SETTINGS } from "../commands/command-settings.ts";
import type { BlobAccountKeys, FileUploadSettings } from "../files/uploads/file-upload-settings.ts";
import { DEFAULT_FILE_UPLOAD_SETTINGS } from "../files/uploads/file-upload-settings.ts";
import type { RoutingSettings } from "../routing/routing-settings.ts";
import { DEFAULT_ROUTING_SETTINGS } from "../routing/routing-settings.ts";
import type { HubResource } from "./hub-resource.ts";
import { DEFAULT_HUB_RESOURCE } from "./hub-resource.ts";

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
  readonly fileUpload: FileUploadSettings;
  /** Of the built-in account, kept also while files go elsewhere. */
  readonly blobAccountKeys: BlobAccountKeys;
  readonly routing: RoutingSettings;
  readonly resource: HubResource;
  /** Its deletion began: it is served no more, and what is left of it goes. */
  readonly isDeleted: boolean;
}

/** Settings that came after the first data directories were made. */
type LaterSettings = "fileUpload" | "blobAccountKeys" | "routing" | "resource" | "isDeleted";

/** What a store may hold: an older version wrote less. */
export type StoredHubSettings = Omit<HubSettings, LaterSettings> &
  Partial<Pick<HubSettings, LaterSettings>>;

/** The one place where what an older version did not write gets its value. */
export function completeHubSettings(stored: StoredHubSettings, secrets: Secrets): HubSettings {
  return {
    ...stored,
    commands: { ...DEFAULT_COMMAND_SETTINGS, ...stored.commands },
    fileUpload: { ...DEFAULT_FILE_UPLOAD_SETTINGS, ...stored.fileUpload },
    blobAccountKeys: stored.blobAccountKeys ?? createBlobAccountKeys(secrets),
    routing: { ...DEFAULT_ROUTING_SETTINGS, ...stored.routing },
    resource: { ...DEFAULT_HUB_RESOURCE, ...stored.resource },
    isDeleted: stored.isDeleted ?? false,
  };
}

export interface NewHubSettings {
  readonly name: string;
  readonly createdAtMs: number;
  readonly hostNames: readonly string[];
  readonly partitionCount: number;
  readonly eventRetention: EventRetention;
}

/** What a hub begins with. */
export function createHubSettings(input: NewHubSettings, secrets: Secrets): HubSettings {
  return {
    ...input,
    etag: secrets.createEtag(),
    policies: createDefaultPolicies(secrets),
    consumerGroups: [DEFAULT_CONSUMER_GROUP],
    commands: DEFAULT_COMMAND_SETTINGS,
    fileUpload: DEFAULT_FILE_UPLOAD_SETTINGS,
    blobAccountKeys: createBlobAccountKeys(secrets),
    routing: DEFAULT_ROUTING_SETTINGS,
    resource: DEFAULT_HUB_RESOURCE,
    isDeleted: false,
  };
}

export function createBlobAccountKeys(secrets: Secrets): BlobAccountKeys {
  return { primaryKey: secrets.createKey(), secondaryKey: secrets.createKey() };
}

export const DEFAULT_CONSUMER_GROUP = "$Default";

export const DEFAULT_EVENT_RETENTION: EventRetention = {
  ageMs: 24 * 60 * 60 * 1000,
  bytesMax: 10 * 1024 ** 3,
};

export interface HubSettingsStore {
  find(name: string): Promise<StoredHubSettings | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(settings: HubSettings, expectedEtag: string | undefined): Promise<"written" | "conflict">;
  /** The settings alone: whatever else is kept of the hub has to be gone before. */
  delete(name: string): Promise<void>;
  list(): Promise<readonly StoredHubSettings[]>;
}
