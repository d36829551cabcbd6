import type {
  BlobStore,
  CaCertificateStore,
  Clock,
  CommandStore,
  ConfigurationStore,
  ContentClaimStore,
  DeviceJobStore,
  DeviceStore,
  EventLog,
  FeedbackRecord,
  FileNotification,
  HubSettings,
  HubSettingsStore,
  JobStore,
  MeterStore,
  ModuleStore,
  NotificationStore,
  PendingUploadStore,
  PresenceStore,
  QueryStore,
  SubscriptionStore,
  TransferStore,
  TwinStore,
} from "@larimar/domain";
import type { ProvisioningStorage } from "./provisioning-storage.ts";
import type { StorageLimits } from "./storage-limits.ts";
import type { StorageLog } from "./storage-log.ts";

/** Where data is kept: in a directory, or nowhere once the storage is closed. */
export type StoragePlace =
  | { readonly directory: string; readonly isEphemeral?: false }
  | { readonly isEphemeral: true; readonly directory?: undefined };

export type StorageOptions = StoragePlace & {
  readonly log?: StorageLog;
  readonly clock?: Clock;
  readonly limits?: Partial<StorageLimits>;
};

/** The stores of one hub. */
export interface HubStores {
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly presence: PresenceStore;
  readonly subscriptions: SubscriptionStore;
  readonly twins: TwinStore;
  readonly queries: QueryStore;
  readonly commands: CommandStore;
  readonly feedback: NotificationStore<FeedbackRecord>;
  readonly pendingUploads: PendingUploadStore;
  readonly fileNotifications: NotificationStore<FileNotification>;
  readonly blobs: BlobStore;
  readonly caCertificates: CaCertificateStore;
  readonly meter: MeterStore;
  readonly jobs: JobStore;
  readonly deviceJobs: DeviceJobStore;
  readonly configurations: ConfigurationStore;
  readonly contentClaims: ContentClaimStore;
  readonly transfers: TransferStore;
}

/** Everything a server keeps. Closing it writes what is still on its way. */
export interface Storage extends AsyncDisposable {
  readonly hubSettings: HubSettingsStore;
  readonly provisioning: ProvisioningStorage;
  forHub(hubName: string): HubStores;
  /** Opening the same hub again gives the same log, with the retention of the new settings. */
  openEventLog(
    settings: Pick<HubSettings, "eventRetention" | "name" | "partitionCount">,
  ): Promise<EventLog>;
  /**
   * Removes everything of a hub but its settings, whose removal is the last step. Whoever still has its stores or
   * its event log is refused with `HubNotFound` from the moment it begins; a hub of the same name begins anew.
   */
  eraseHub(hubName: string): Promise<void>;
}
