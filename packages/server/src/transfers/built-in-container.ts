import type { BlobContainer, BlobHeaders, BlobPermission, Hub } from "@larimar/domain";
import { BlobError, HubError } from "@larimar/domain";
import { BLOB_ACCOUNT_NAME, readServiceSas, serviceSasText } from "@larimar/wire";

interface SignedContainer {
  readonly containerName: string;
  readonly url: URL;
  readonly permission: "read" | "write";
}

const NEEDED: Readonly<Record<SignedContainer["permission"], readonly BlobPermission[]>> = {
  read: ["read"],
  write: ["write"],
};

const HEADERS: BlobHeaders = {
  contentType: "text/plain; charset=utf-8",
  contentEncoding: undefined,
  contentLanguage: undefined,
  contentDisposition: undefined,
  cacheControl: undefined,
  contentMd5: undefined,
};

const UNCONDITIONAL = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSinceMs: undefined,
  ifUnmodifiedSinceMs: undefined,
};

/** A container of the hub's own account, without the way through its endpoint. */
export class BuiltInContainer implements BlobContainer {
  readonly #hub: Hub;
  readonly #containerName: string;

  constructor(hub: Hub, containerName: string) {
    this.#hub = hub;
    this.#containerName = containerName;
  }

  /** Throws `BlobContainerInvalid` unless the signature in the URI permits it. */
  static openSigned(
    hub: Hub,
    { containerName, url, permission }: SignedContainer,
  ): BuiltInContainer {
    const read = readServiceSas(new Map(url.searchParams));
    if (read.kind === "invalid") throw invalid(`The URI is not signed: ${read.problem}`);
    const { query, sas } = read.value;
    const resource = { containerName };
    const text = serviceSasText(query, { accountName: BLOB_ACCOUNT_NAME, resource });
    const proof = {
      kind: "sas" as const,
      sas,
      readings: [{ resource, text }],
      remoteAddress: "127.0.0.1",
    };
    try {
      hub.blobAccess.authorize(proof, NEEDED[permission]);
    } catch (error) {
      if (error instanceof BlobError) throw invalid(error.message);
      throw error;
    }
    return new BuiltInContainer(hub, containerName);
  }

  async *read(blobName: string): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    using reading = await inWordsOfHubs(() =>
      this.#hub.blobs.read(this.#addressOf(blobName), {
        range: undefined,
        conditions: UNCONDITIONAL,
      }),
    );
    for await (const chunk of reading.chunks()) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  }

  async write(blobName: string, content: AsyncIterable<string>): Promise<void> {
    const blob = {
      address: this.#addressOf(blobName),
      headers: HEADERS,
      metadata: new Map<string, string>(),
      conditions: UNCONDITIONAL,
      mayReplace: true,
    };
    const chunks = encode(content);
    await inWordsOfHubs(() =>
      this.#hub.blobs.put(blob, { chunks, sizeBytes: undefined, md5: undefined }),
    );
  }

  #addressOf(blobName: string) {
    return { containerName: this.#containerName, blobName };
  }
}

async function* encode(content: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of content) if (text !== "") yield Buffer.from(text);
}

async function inWordsOfHubs<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    const code =
      error.code === "BlobNotFound"
        ? "BlobNotFound"
        : error.code === "ServerBusy"
          ? "Busy"
          : "BlobContainerInvalid";
    throw new HubError(code, error.message, {}, { cause: error });
  }
}

function invalid(message: string): HubError {
  return new HubError("BlobContainerInvalid", message);
}
