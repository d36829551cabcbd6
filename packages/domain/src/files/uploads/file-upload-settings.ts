import type { FeedbackSettings } from "../../commands/command-settings.ts";

/** What an operator decides about file upload; ARM calls it `storageEndpoints` and friends. */
export interface FileUploadSettings {
  /** How long a device may take from asking to reporting. */
  readonly timeToLiveMs: number;
  /** Uploads of one device at once; more are refused with TooManyUploads. */
  readonly activeMax: number;
  /** Whether back ends hear of finished uploads. */
  readonly notifies: boolean;
  readonly notifications: FeedbackSettings;
  readonly storage: FileStorage;
}

/** The keys of a hub's built-in account. Whoever has one may do everything with its blobs. */
export interface BlobAccountKeys {
  readonly primaryKey: string;
  readonly secondaryKey: string;
}

export type FileStorage =
  | { readonly kind: "builtIn"; readonly containerName: string }
  | {
      readonly kind: "external";
      readonly connectionString: string;
      readonly containerName: string;
    };

const HOUR_MS = 60 * 60 * 1000;

export const DEFAULT_FILE_UPLOAD_SETTINGS: FileUploadSettings = {
  timeToLiveMs: HOUR_MS,
  activeMax: 10,
  notifies: true,
  notifications: { timeToLiveMs: HOUR_MS, lockDurationMs: 60_000, deliveryCountMax: 100 },
  storage: { kind: "builtIn", containerName: "uploads" },
};
