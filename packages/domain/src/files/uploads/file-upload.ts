import type { IdentityKey } from "../../devices/device.ts";

/** An upload that a device has begun and not yet reported on. */
export interface PendingUpload {
  readonly correlationId: string;
  readonly key: IdentityKey;
  /** With the device's folder in front. */
  readonly blobName: string;
  readonly startedAtMs: number;
  readonly expiresAtMs: number;
}

export interface DestinationRequest {
  readonly blobName: string;
  readonly expiresAtMs: number;
  /** The host, with a port unless it goes without saying, under which the device reached the hub. */
  readonly reachedAs: string | undefined;
}

/** Where a device uploads to: everything it needs besides its own file. */
export interface UploadDestination {
  readonly hostName: string;
  readonly containerName: string;
  /** With its leading question mark. */
  readonly sasToken: string;
}

export interface BlobDescription {
  readonly blobUri: string;
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
}

/** An account that devices upload into: the built-in one or one that speaks the same protocol. */
export interface UploadAccount {
  destinationFor(request: DestinationRequest): Promise<UploadDestination>;
  /** Undefined when nothing was uploaded under the name. Throws `Busy` when the account does not answer. */
  describe(blobName: string): Promise<BlobDescription | undefined>;
}

/** Told to back ends when an upload has succeeded. */
export interface FileNotification {
  readonly deviceId: string;
  readonly blobUri: string;
  readonly blobName: string;
  readonly lastUpdatedAtMs: number;
  readonly blobSizeBytes: number;
  readonly enqueuedAtMs: number;
}

/** What a device says of its upload; only `isSuccess` is judged. */
export interface UploadResult {
  readonly isSuccess: boolean;
  readonly statusCode: number | undefined;
  readonly statusDescription: string | undefined;
}

/** Pending uploads of one hub. */
export interface PendingUploadStore {
  /** Refuses when the identity has `activeMax` uploads that have not expired. */
  add(
    upload: PendingUpload,
    options: { activeMax: number; nowMs: number },
  ): Promise<"added" | "full">;
  find(key: IdentityKey, correlationId: string): Promise<PendingUpload | undefined>;
  /** False when it was not there any more. */
  remove(key: IdentityKey, correlationId: string): Promise<boolean>;
  /** Removes what expired before that time. */
  removeExpired(nowMs: number): Promise<void>;
}
