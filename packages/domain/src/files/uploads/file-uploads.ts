import type { Secrets } from "../../access/secrets.ts";
import type { NotificationQueue } from "../../commands/feedback.ts";
import { describeIdentity } from "../../devices/device.ts";
import type { IdentityKey } from "../../devices/device.ts";
import { HubError } from "../../errors/hub-error.ts";
import type { Clock } from "../../time/clock.ts";
import { BLOB_NAME_LENGTH_MAX, isBlobName } from "../blobs/blob-names.ts";
import type { FileUploadSettings } from "./file-upload-settings.ts";
import type {
  FileNotification,
  PendingUploadStore,
  UploadAccount,
  UploadDestination,
  UploadResult,
} from "./file-upload.ts";

export interface FileUploadsParts {
  readonly store: PendingUploadStore;
  readonly account: () => UploadAccount | undefined;
  readonly notifications: NotificationQueue<FileNotification>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly settings: () => FileUploadSettings;
}

export interface BeginUpload {
  /** As the device chose it; its own folder is put in front. */
  readonly name: string;
  /** The host and port under which the device reached the hub. */
  readonly reachedAs: string | undefined;
}

export interface BegunUpload extends UploadDestination {
  readonly correlationId: string;
  readonly blobName: string;
}

/** For so long after its expiry, a correlation id is told to have expired; after that, to be unknown. */
const EXPIRED_KEPT_MS = 24 * 60 * 60 * 1000;

/** Files from devices: the device asks where to, uploads on its own, and says how it went. */
export class FileUploads {
  readonly #parts: FileUploadsParts;

  constructor(parts: FileUploadsParts) {
    this.#parts = parts;
  }

  /** Throws `StorageNotConfigured`, `TooManyUploads`, `ArgumentInvalid`. */
  async begin(key: IdentityKey, { name, reachedAs }: BeginUpload): Promise<BegunUpload> {
    const { store, clock, secrets } = this.#parts;
    const { timeToLiveMs, activeMax } = this.#parts.settings();
    const account = this.#account();
    const blobName = checkName(`${describeIdentity(key)}/${name}`);
    const nowMs = clock.now();
    const expiresAtMs = nowMs + timeToLiveMs;
    // Correlation ids travel in URL paths unescaped: letters, digits and hyphens only.
    const correlationId = secrets.createUuid();
    const upload = { correlationId, key, blobName, startedAtMs: nowMs, expiresAtMs };
    const destination = await account.destinationFor({ blobName, expiresAtMs, reachedAs });
    if ((await store.add(upload, { activeMax, nowMs })) === "full") {
      throw new HubError(
        "TooManyUploads",
        `'${describeIdentity(key)}' has ${activeMax} uploads that it has not reported on`,
        { deviceId: key.deviceId },
      );
    }
    return { ...destination, correlationId, blobName };
  }

  /**
   * Throws `CorrelationIdUnknown`, `CorrelationIdExpired`, `StorageNotConfigured`, `BlobNotFound` and `Busy`;
   * after the latter two the device may say it again.
   */
  async finish(key: IdentityKey, correlationId: string, result: UploadResult): Promise<void> {
    const { store, clock } = this.#parts;
    const upload = await store.find(key, correlationId);
    if (upload === undefined) {
      throw new HubError("CorrelationIdUnknown", "The upload's correlation id is not known", {
        deviceId: key.deviceId,
      });
    }
    if (upload.expiresAtMs <= clock.now()) {
      await store.remove(key, correlationId);
      throw new HubError("CorrelationIdExpired", "The upload's correlation id has expired", {
        deviceId: key.deviceId,
      });
    }
    if (result.isSuccess) await this.#notify(key, upload.blobName);
    await store.remove(key, correlationId);
  }

  /** Forgets uploads that nobody will report on any more; the hub calls it from time to time. */
  async sweep(): Promise<void> {
    await this.#parts.store.removeExpired(this.#parts.clock.now() - EXPIRED_KEPT_MS);
  }

  async #notify(key: IdentityKey, blobName: string): Promise<void> {
    const blob = await this.#account().describe(blobName);
    if (blob === undefined) {
      throw new HubError("BlobNotFound", `Nothing was uploaded as '${blobName}'`, { blobName });
    }
    if (!this.#parts.settings().notifies) return;
    await this.#parts.notifications.add({
      deviceId: key.deviceId,
      blobUri: blob.blobUri,
      blobName,
      lastUpdatedAtMs: blob.lastModifiedMs,
      blobSizeBytes: blob.sizeBytes,
      enqueuedAtMs: this.#parts.clock.now(),
    });
  }

  #account(): UploadAccount {
    const account = this.#parts.account();
    if (account !== undefined) return account;
    throw new HubError("StorageNotConfigured", "The hub has no storage for uploaded files");
  }
}

function checkName(blobName: string): string {
  if (isBlobName(blobName)) return blobName;
  throw new HubError(
    "ArgumentInvalid",
    `With its folder, a blob name has up to ${BLOB_NAME_LENGTH_MAX} characters, none of them a control ` +
      "character, and no empty or dotted segments",
  );
}
