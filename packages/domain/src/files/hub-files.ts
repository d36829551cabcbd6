import type { Secrets } from "../access/secrets.ts";
import type { NotificationStore } from "../commands/command-store.ts";
import { NotificationQueue, SINGLE_BATCH } from "../commands/feedback.ts";
import type { HubSettings } from "../hubs/hub-settings.ts";
import type { Clock } from "../time/clock.ts";
import { BlobAccess } from "./blobs/blob-access.ts";
import type { BlobLimits } from "./blobs/blob-limits.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import { Blobs } from "./blobs/blobs.ts";
import type { FileNotification, PendingUploadStore, UploadAccount } from "./uploads/file-upload.ts";
import { FileUploads } from "./uploads/file-uploads.ts";

/** What files of a hub stand on. */
export interface HubFilesParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly pendingUploads: PendingUploadStore;
  readonly fileNotifications: NotificationStore<FileNotification>;
  readonly blobs: BlobStore;
  readonly blobLimits: BlobLimits;
  /** What the built-in account is called by its clients. */
  readonly blobAccountName: string;
  /** Where devices upload to; undefined when the hub has no usable account. */
  readonly uploadAccount: () => UploadAccount | undefined;
}

/** What a head may ask of a hub about files. */
export interface HubFiles {
  readonly files: FileUploads;
  readonly fileNotifications: NotificationQueue<FileNotification>;
  /** The built-in account that devices upload into unless the operator has another one. */
  readonly blobs: Blobs;
  readonly blobAccess: BlobAccess;
}

export function createHubFiles(settings: () => HubSettings, parts: HubFilesParts): HubFiles {
  const { clock, secrets } = parts;
  const fileNotifications = new NotificationQueue<FileNotification>({
    store: parts.fileNotifications,
    secrets,
    clock,
    settings: () => settings().fileUpload.notifications,
    batch: SINGLE_BATCH,
  });
  return {
    fileNotifications,
    files: new FileUploads({
      store: parts.pendingUploads,
      account: parts.uploadAccount,
      notifications: fileNotifications,
      secrets,
      clock,
      settings: () => settings().fileUpload,
    }),
    blobs: new Blobs({
      store: parts.blobs,
      secrets,
      clock,
      limits: parts.blobLimits,
      uploadContainer: () => builtInContainerOf(settings()),
      createdAtMs: () => settings().createdAtMs,
    }),
    blobAccess: new BlobAccess({
      accountName: parts.blobAccountName,
      keys: () => settings().blobAccountKeys,
      secrets,
      clock,
    }),
  };
}

/** Forgets what nobody finished or took: uploads, notifications, blocks without a list. */
export async function sweepFiles({ files, fileNotifications, blobs }: HubFiles): Promise<void> {
  await files.sweep();
  await fileNotifications.sweep();
  await blobs.sweep();
}

function builtInContainerOf({ fileUpload }: HubSettings): string | undefined {
  return fileUpload.storage.kind === "builtIn" ? fileUpload.storage.containerName : undefined;
}
