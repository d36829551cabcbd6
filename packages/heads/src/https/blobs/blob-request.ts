import type { IncomingMessage } from "node:http";
import {
  type BlobAddress,
  BlobError,
  type BlobGrant,
  type BlobPermission,
  type BlobProof,
  type BlobResource,
  type Hub,
  type IncomingContent,
  type SasReading,
  isContainerName,
} from "@larimar/domain";
import {
  BLOB_ACCOUNT_NAME,
  type BlobPath,
  type Reading,
  type SasOverrides,
  type ServiceSasQuery,
  parseHttpDate,
  parseSharedKeyHeader,
  readServiceSas,
  serviceSasText,
  sharedKeyText,
} from "@larimar/wire";
import type { HttpsLimits } from "../https-limits.ts";
import { decodeHeader } from "../header-text.ts";
import { readBody } from "../operations/request-body.ts";
import type { BlobJob } from "./blob-endpoint.ts";
import { BlobRequestError } from "./blob-request-error.ts";
import { bodyChunks } from "./body-chunks.ts";

export interface BlobRequestParts extends BlobJob {
  readonly hub: Hub;
  readonly path: BlobPath;
  readonly limits: HttpsLimits;
  readonly longBodies: WeakSet<IncomingMessage>;
}

/** One request to the blob endpoint, taken apart. */
export class BlobRequest {
  readonly hub: Hub;
  readonly path: BlobPath;
  /** `HEAD` is one of its own. */
  readonly method: string;
  /** Names in lower case; of several with one name, the first. */
  readonly query: ReadonlyMap<string, string>;
  readonly #parts: BlobRequestParts;
  readonly #pairs: readonly (readonly [string, string])[];

  constructor(parts: BlobRequestParts) {
    this.#parts = parts;
    this.hub = parts.hub;
    this.path = parts.path;
    this.method = parts.request.method ?? "";
    this.#pairs = [...new URLSearchParams(parts.target.query)];
    this.query = new Map(
      this.#pairs.toReversed().map(([name, value]) => [name.toLowerCase(), value]),
    );
  }

  get rawHeaders(): readonly string[] {
    return this.#parts.request.rawHeaders;
  }

  get host(): string {
    const { target, request } = this.#parts;
    return target.host ?? request.headers.host ?? this.hub.settings.hostNames[0] ?? "localhost";
  }

  readonly header = (name: string): string | undefined => {
    const value = this.#parts.request.headers[name]?.toString();
    return value === undefined ? undefined : decodeHeader(value);
  };

  /** The blob that the path names and that the caller may do this with. */
  authorizeBlob(...needed: readonly BlobPermission[]): BlobGrant<BlobAddress> {
    const { path } = this;
    if (path.kind !== "blob") throw new BlobRequestError("InvalidUri", "The path names no blob");
    const { containerName } = path;
    checkContainerName(containerName);
    const [first, ...others] = path.nameReadings;
    const addresses = [first, ...others].map((blobName) => ({ containerName, blobName }));
    return this.#authorize([{ containerName, blobName: first }, ...addresses.slice(1)], needed);
  }

  authorizeContainer(...needed: readonly BlobPermission[]): string {
    const { path } = this;
    if (path.kind === "account") throw new BlobRequestError("InvalidUri", "No container is named");
    checkContainerName(path.containerName);
    const { containerName } = path;
    return this.#authorize([{ containerName }], needed).resource.containerName;
  }

  /** The account as a whole is for those who have its key. */
  authorizeAccount(): void {
    this.#authorize([{ containerName: "" }], ["manage"]);
  }

  /** What whoever signed the URL wants the answer's headers to be. */
  get overrides(): SasOverrides | undefined {
    return this.query.has("sig") ? this.#readSas().query.overrides : undefined;
  }

  /** The body, to be received; Azure Storage verifies an MD5 of it wherever one is sent. */
  content(): IncomingContent {
    const { request, longBodies } = this.#parts;
    longBodies.add(request);
    const length = this.header("content-length");
    return {
      chunks: bodyChunks(request),
      sizeBytes: length === undefined ? undefined : Number(length),
      md5: this.md5("content-md5"),
    };
  }

  /** A body of text that is read at once; throws `RequestBodyTooLarge`. */
  async text(bytesMax: number): Promise<Buffer> {
    const bytes = await readBody(this.#parts.request, bytesMax);
    if (bytes !== undefined) return bytes;
    throw new BlobError("RequestBodyTooLarge", `The body has more than ${bytesMax} bytes.`);
  }

  get limits(): HttpsLimits {
    return this.#parts.limits;
  }

  md5(headerName: string): string | undefined {
    const text = this.header(headerName);
    if (text === undefined || /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(text)) return text;
    throw new BlobRequestError(
      "InvalidMd5",
      "The MD5 value specified in the request is invalid. It must be 128 bits and Base64-encoded.",
    );
  }

  #authorize<Resource extends BlobResource>(
    readings: readonly [Resource, ...Resource[]],
    needed: readonly BlobPermission[],
  ): BlobGrant<Resource> {
    return this.hub.blobAccess.authorize(this.#proof(readings), needed);
  }

  #proof<Resource extends BlobResource>(
    readings: readonly [Resource, ...Resource[]],
  ): BlobProof<Resource> | undefined {
    if (this.query.has("sig")) {
      const { query, sas } = this.#readSas();
      return {
        kind: "sas",
        sas,
        readings: readings.flatMap((resource) => readingsOf(query, resource)),
        remoteAddress: this.#parts.context.remoteAddress,
      };
    }
    const authorization = this.header("authorization") ?? "";
    if (authorization === "") return undefined;
    const shared = parseSharedKeyHeader(authorization);
    const sentAtMs = parseHttpDate(this.header("x-ms-date") ?? this.header("date") ?? "");
    if (shared === undefined || sentAtMs === undefined) {
      throw new BlobError(
        "AuthenticationFailed",
        "The Authorization header is not a SharedKey one with a date",
      );
    }
    const text = sharedKeyText(this.#signedRequest(), shared.accountName);
    return { kind: "key", signed: { ...shared, text, sentAtMs }, resource: readings[0] };
  }

  #readSas() {
    return judge(readServiceSas(this.query), (problem) => {
      throw new BlobError("AuthenticationFailed", `The signature cannot be used: ${problem}`);
    });
  }

  #signedRequest() {
    const { request, target } = this.#parts;
    const headers = new Map(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    return { method: this.method, path: target.path, query: this.#pairs, headers };
  }
}

export function judge<T>(reading: Reading<T>, refuse: (problem: string) => never): T {
  return reading.kind === "read" ? reading.value : refuse(reading.problem);
}

function readingsOf<Resource extends BlobResource>(
  query: ServiceSasQuery,
  resource: Resource,
): SasReading<Resource>[] {
  const textOf = (named: BlobResource) => ({
    resource,
    text: serviceSasText(query, { accountName: BLOB_ACCOUNT_NAME, resource: named }),
  });
  if (!("blobName" in resource)) return [textOf(resource)];
  // Storage SDKs expect an account in paths only where the host is an address or `localhost`: where it has
  // a domain, they sign URLs of blobs as if the account were the container.
  const { containerName } = resource;
  return [
    textOf(resource),
    textOf({ ...resource, containerName: `${BLOB_ACCOUNT_NAME}/${containerName}` }),
  ];
}

function checkContainerName(name: string): void {
  if (isContainerName(name)) return;
  throw new BlobError(
    "InvalidResourceName",
    "The specified resource name contains invalid characters.",
  );
}
