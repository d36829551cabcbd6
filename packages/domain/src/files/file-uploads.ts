import type { Secrets } from "../access/secrets.ts";
import type { NotificationQueue } from "../commands/feedback.ts";
import { describeIdentity } from "../devices/device.ts";
import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Clock } from "../time/clock.ts";
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

export interface BegunUpload extends UploadDestination {
  readonly correlationId: string;
  readonly blobName: string;
}

const BLOB_NAME_LENGTH_MAX = 1024;

/** Files from devices: the device asks where to, uploads on its own, and says how it went. */
export class FileUploads {
  readonly #parts: FileUploadsParts;

  constructor(parts: FileUploadsParts) {
    this.#parts = parts;
  }

  /** Throws `StorageNotConfigured`, `TooManyUploads`, `ArgumentInvalid`. */
  async begin(key: IdentityKey, name: string): Promise<BegunUpload> {
    const { store, clock, secrets } = this.#parts;
    const { timeToLiveMs, activeMax } = this.#parts.settings();
    const account = this.#account();
    const blobName = `${describeIdentity(key)}/${checkName(name)}`;
    const nowMs = clock.now();
    const expiresAtMs = nowMs + timeToLiveMs;
    // Correlation ids travel in URL paths unescaped: letters, digits and hyphens only.
    const correlationId = secrets.createUuid();
    const upload = { correlationId, key, blobName, startedAtMs: nowMs, expiresAtMs };
    if ((await store.add(upload, { activeMax, nowMs })) === "full") {
      throw new HubError(
        "TooManyUploads",
        `'${describeIdentity(key)}' has ${activeMax} uploads that it has not reported on`,
        { deviceId: key.deviceId },
      );
    }
    const destination = await account.destinationFor(blobName, expiresAtMs);
    return { ...destination, correlationId, blobName };
  }

  /** Throws `CorrelationIdUnknown`, `CorrelationIdExpired`, `StorageNotConfigured`, `BlobNotFound`. */
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
    await this.#parts.store.removeExpired(this.#parts.clock.now());
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

function checkName(name: string): string {
  // Names become paths below the device's folder and must stay there.
  const segments = name.split(/[/\\]/);
  const isPath = segments.some((segment) => segment === "." || segment === ".." || segment === "");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (isPath || name.length > BLOB_NAME_LENGTH_MAX || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new HubError(
      "ArgumentInvalid",
      `A blob name has 1 to ${BLOB_NAME_LENGTH_MAX} characters and no empty or dotted segments`,
    );
  }
  return name;
}
