import { createHmac } from "node:crypto";
import type {
  BlobDescription,
  BlobStore,
  DestinationRequest,
  HubSettings,
  UploadAccount,
  UploadDestination,
} from "@larimar/domain";
import { BLOB_ACCOUNT_NAME, buildServiceSas, formatBlobPath } from "@larimar/wire";
import { httpsAuthority } from "../connection/authority.ts";

export interface BuiltInAccountParts {
  readonly settings: HubSettings;
  readonly containerName: string;
  readonly blobs: BlobStore;
  readonly httpsPort: number;
}

/** The account that every hub has: its blobs are served by the hub's own HTTPS endpoint. */
export class BuiltInAccount implements UploadAccount {
  readonly #parts: BuiltInAccountParts;

  constructor(parts: BuiltInAccountParts) {
    this.#parts = parts;
  }

  async destinationFor(request: DestinationRequest): Promise<UploadDestination> {
    const { settings, containerName } = this.#parts;
    const { blobName, expiresAtMs, reachedAs } = request;
    return {
      // The way the device came is one that works for it, whatever this server knows of names and ports.
      hostName: reachedAs ?? this.#authority,
      // Every SDK puts the host, the container and the blob together as they are.
      containerName: `${BLOB_ACCOUNT_NAME}/${containerName}`,
      sasToken: buildServiceSas({
        accountName: BLOB_ACCOUNT_NAME,
        resource: { containerName, blobName },
        permissions: "rw",
        expiresAtMs,
        sign: (text) => sign(text, settings.blobAccountKeys.primaryKey),
      }),
    };
  }

  async describe(blobName: string): Promise<BlobDescription | undefined> {
    const { blobs, containerName } = this.#parts;
    const blob = await blobs.find({ containerName, blobName });
    return (
      blob && {
        blobUri: `https://${this.#authority}/${BLOB_ACCOUNT_NAME}/${formatBlobPath(blob.address)}`,
        sizeBytes: blob.sizeBytes,
        lastModifiedMs: blob.lastModifiedMs,
      }
    );
  }

  get #authority(): string {
    const { settings, httpsPort } = this.#parts;
    return httpsAuthority(settings.hostNames[0] ?? settings.name, httpsPort);
  }
}

function sign(text: string, key: string): string {
  return createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
}
