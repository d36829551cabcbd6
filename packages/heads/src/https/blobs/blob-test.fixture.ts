import { createHash, createHmac } from "node:crypto";
import {
  BLOB_ACCOUNT_NAME,
  buildServiceSas,
  formatHttpDate,
  readServiceSas,
  serviceSasText,
  sharedKeyText,
} from "@larimar/wire";
import {
  type TestHead,
  type TestHeadOptions,
  type TestRequest,
  type TestResponse,
  startTestHead,
} from "../test-head.fixture.ts";

export interface SasOptions {
  readonly permissions?: string;
  readonly expiresInMs?: number;
  readonly key?: string;
  readonly containerName?: string;
}

export const CONTAINER = "uploads";

/** The blob endpoint of a test's head, spoken with signatures of its own making. */
export class BlobClient implements AsyncDisposable {
  readonly head: TestHead;

  constructor(head: TestHead) {
    this.head = head;
  }

  get key(): string {
    return this.head.hub.settings.blobAccountKeys.primaryKey;
  }

  path(blobName: string, containerName = CONTAINER): string {
    return `/${BLOB_ACCOUNT_NAME}/${containerName}/${blobName}`;
  }

  /** Of a blob, or of the container without a name; begins with a question mark. */
  sas(blobName: string | undefined, options: SasOptions = {}): string {
    const { permissions = "racwdl", expiresInMs = 60_000, key = this.key } = options;
    const { containerName = CONTAINER } = options;
    return buildServiceSas({
      accountName: BLOB_ACCOUNT_NAME,
      resource: { containerName, ...(blobName === undefined ? {} : { blobName }) },
      permissions,
      expiresAtMs: this.head.clock.now() + expiresInMs,
      sign: (text) => sign(text, key),
    });
  }

  /** The same with more fields, which it signs as well. */
  sasWith(blobName: string, fields: Readonly<Record<string, string>>): string {
    const all = new URLSearchParams(this.sas(blobName));
    for (const [name, value] of Object.entries(fields)) all.set(name, value);
    const reading = readServiceSas(new Map(all));
    if (reading.kind === "invalid") throw new Error(reading.problem);
    const resource = { containerName: CONTAINER, blobName };
    const place = { accountName: BLOB_ACCOUNT_NAME, resource };
    all.set("sig", sign(serviceSasText(reading.value.query, place), this.key));
    return `?${all.toString()}`;
  }

  /** With a signature that permits everything, unless the query brings another. */
  call(
    method: string,
    blobName: string,
    { query = "", sas = this.sas(blobName), ...request }: BlobCall = {},
  ): Promise<TestResponse> {
    return this.head.send(method, `${this.path(blobName)}${sas}${query}`, request);
  }

  async put(blobName: string, body: string | Buffer, headers = {}): Promise<TestResponse> {
    const type = { "x-ms-blob-type": "BlockBlob" };
    return this.call("PUT", blobName, { body, headers: { ...type, ...headers } });
  }

  stage(blobName: string, blockId: string, body: string, headers = {}): Promise<TestResponse> {
    const query = `&comp=block&blockid=${encodeURIComponent(blockId)}`;
    return this.call("PUT", blobName, { query, body, headers });
  }

  commit(blobName: string, blockIds: readonly string[], headers = {}): Promise<TestResponse> {
    const items = blockIds.map((id) => `<Latest>${id}</Latest>`).join("");
    const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${items}</BlockList>`;
    return this.call("PUT", blobName, { query: "&comp=blocklist", body, headers });
  }

  /** Signed with the account's key itself. */
  withKey(
    method: string,
    path: string,
    { query = "", headers = {}, key = this.key, accountName = BLOB_ACCOUNT_NAME }: KeyCall = {},
  ): Promise<TestResponse> {
    const all = { "x-ms-date": formatHttpDate(this.head.clock.now()), ...headers };
    const text = sharedKeyText(
      {
        method,
        path,
        query: new URLSearchParams(query),
        headers: new Map(Object.entries(all)),
      },
      accountName,
    );
    const authorization = `SharedKey ${accountName}:${sign(text, key)}`;
    return this.head.send(method, `${path}?${query}`, { headers: { ...all, authorization } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.head[Symbol.asyncDispose]();
  }
}

export interface BlobCall extends TestRequest {
  readonly query?: string;
  readonly sas?: string;
}

export interface KeyCall {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly accountName?: string;
}

export async function startBlobHead(options: TestHeadOptions = {}): Promise<BlobClient> {
  return new BlobClient(await startTestHead(options));
}

export function md5Of(text: string | Buffer): string {
  return createHash("md5").update(text).digest("base64");
}

function sign(text: string, key: string): string {
  return createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
}

/** What a refusal looks like, whatever its text. */
export function refusal(status: number, code: string): object {
  return { status, headers: { "x-ms-error-code": code } };
}
