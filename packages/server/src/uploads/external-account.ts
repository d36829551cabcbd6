import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type {
  BlobDescription,
  Clock,
  DestinationRequest,
  UploadAccount,
  UploadDestination,
} from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { BlobAccountAddress } from "@larimar/wire";
import {
  buildServiceSas,
  formatBlobPath,
  formatHttpDate,
  parseHttpDate,
  sharedKeyText,
} from "@larimar/wire";

export interface ExternalAccountParts {
  readonly account: BlobAccountAddress;
  readonly containerName: string;
  readonly clock: Clock;
  /** Undefined trusts what Node.js trusts. */
  readonly ca?: string;
}

/** While a device waits to hear whether its upload is known. */
const ANSWER_TIMEOUT_MS = 10_000;
const STORAGE_VERSION = "2020-10-02";

/** An account elsewhere that speaks the protocol of Azure Storage. Devices upload into it directly. */
export class ExternalAccount implements UploadAccount {
  readonly #parts: ExternalAccountParts;
  readonly #endpoint: URL;

  constructor(parts: ExternalAccountParts) {
    this.#parts = parts;
    this.#endpoint = new URL(parts.account.endpoint);
  }

  async destinationFor(upload: DestinationRequest): Promise<UploadDestination> {
    const { account, containerName } = this.#parts;
    const { blobName, expiresAtMs } = upload;
    return {
      hostName: this.#endpoint.host,
      containerName: `${this.#basePath}${containerName}`.slice(1),
      sasToken: buildServiceSas({
        accountName: account.accountName,
        resource: { containerName, blobName },
        permissions: "rw",
        expiresAtMs,
        sign: (text) => this.#sign(text),
      }),
    };
  }

  async describe(blobName: string): Promise<BlobDescription | undefined> {
    const { containerName } = this.#parts;
    const path = this.#basePath + formatBlobPath({ containerName, blobName });
    const { statusCode: status = 0, headers } = await this.#head(path);
    if (status === 404) return undefined;
    if (status !== 200) {
      throw new HubError("BlobNotFound", `The storage account answered ${status}`, { status });
    }
    return {
      blobUri: this.#endpoint.origin + path,
      sizeBytes: Number(headers["content-length"] ?? 0),
      lastModifiedMs: parseHttpDate(headers["last-modified"] ?? "") ?? this.#parts.clock.now(),
    };
  }

  /** With a slash at either end. */
  get #basePath(): string {
    return `${this.#endpoint.pathname.replace(/\/+$/, "")}/`;
  }

  async #head(path: string): Promise<IncomingMessage> {
    const { account, clock, ca } = this.#parts;
    const headers = new Map([
      ["x-ms-date", formatHttpDate(clock.now())],
      ["x-ms-version", STORAGE_VERSION],
    ]);
    const text = sharedKeyText({ method: "HEAD", path, query: [], headers }, account.accountName);
    const authorization = `SharedKey ${account.accountName}:${this.#sign(text)}`;
    try {
      return await new Promise((resolve, reject) => {
        const outgoing = request(new URL(path, this.#endpoint), {
          method: "HEAD",
          headers: { ...Object.fromEntries(headers), authorization },
          signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
          agent: false,
          ...(ca !== undefined && { ca }),
        });
        outgoing.on("error", reject);
        outgoing.on("response", (response) => resolve(response.resume()));
        outgoing.end();
      });
    } catch (error) {
      throw new HubError("Busy", "The storage account does not answer", {}, { cause: error });
    }
  }

  #sign(text: string): string {
    const key = Buffer.from(this.#parts.account.accountKey, "base64");
    return createHmac("sha256", key).update(text).digest("base64");
  }
}
