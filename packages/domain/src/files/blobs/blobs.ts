import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type {
  BlobAddress,
  BlobRevision,
  BlobHeaders,
  BlockReference,
  ByteRange,
  NewBlob,
  StoredBlob,
  StoredContainer,
} from "./blob.ts";
import type { BlobConditions } from "./blob-conditions.ts";
import { checkReadConditions, checkWriteConditions, conditionNotMet } from "./blob-conditions.ts";
import { BlobError } from "./blob-error.ts";
import type { BlobLimits } from "./blob-limits.ts";
import type { BlobPage, BlobPageRequest } from "./blob-pages.ts";
import { listPage } from "./blob-pages.ts";
import { isBlobName } from "./blob-names.ts";
import type { BlobStore, ContainerKind, OpenBlob, ReceivedContent } from "./blob-store.ts";
import type { RequestedRange } from "./byte-range.ts";
import { resolveRange } from "./byte-range.ts";

export interface BlobsParts {
  readonly store: BlobStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: BlobLimits;
  /** The container that is there even before anything is in it. */
  readonly uploadContainer: () => string | undefined;
  /** When the hub was made, and its account with it. */
  readonly createdAtMs: () => number;
}

export interface ContainerPageRequest {
  readonly prefix: string;
  /** The page begins after this name. */
  readonly marker: string;
  readonly entriesMax: number;
}

export interface ContainerPage {
  readonly containers: readonly StoredContainer[];
  /** Undefined on the last page. */
  readonly nextMarker: string | undefined;
}

/** Content on its way in. */
export interface IncomingContent {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Undefined when the client does not know beforehand. */
  readonly sizeBytes: number | undefined;
  /** Base64; verified when given. */
  readonly md5: string | undefined;
}

export interface DescribeBlob {
  readonly address: BlobAddress;
  readonly metadata: ReadonlyMap<string, string>;
  readonly conditions: BlobConditions;
}

export interface WriteBlob extends DescribeBlob {
  readonly headers: BlobHeaders;
  /** False for a caller who may make new blobs and nothing else. */
  readonly mayReplace: boolean;
}

/** A blob that is open for reading, and the part that was asked for. */
export interface BlobReading extends Disposable {
  readonly blob: StoredBlob;
  /** Undefined when the whole blob was asked for. */
  readonly range: ByteRange | undefined;
  chunks(): AsyncIterable<Uint8Array>;
}

/** The files of a hub's own account. Who may do what with them is the business of `BlobAccess`. */
export class Blobs {
  readonly #parts: BlobsParts;

  constructor(parts: BlobsParts) {
    this.#parts = parts;
  }

  /** Throws `Md5Mismatch`, `RequestBodyTooLarge`, `ServerBusy`, and what its conditions and name lead to. */
  async put(request: WriteBlob, content: IncomingContent): Promise<StoredBlob> {
    const blob = this.#newBlob(request);
    // Before anything is received: a client that is refused anyway need not send it all.
    await this.#expectedOf(request);
    await using received = await this.#receive(content, this.#parts.limits.blobBytesMax);
    const headers = { ...blob.headers, contentMd5: blob.headers.contentMd5 ?? received.md5 };
    const expected = await this.#expectedOf(request);
    const kind = this.#kindOf(request.address);
    const written = await this.#parts.store.put({ ...blob, headers }, received, expected, kind);
    if (written === "containerMissing") throw containerNotFound();
    if (written === "conflict") throw conditionNotMet();
    return written;
  }

  /** Throws `BlockCountExceedsLimit`, `ContainerNotFound`, and what content leads to. */
  async stageBlock(
    address: BlobAddress,
    { blockId, content }: { blockId: string; content: IncomingContent },
  ): Promise<void> {
    checkAddress(address);
    await this.requireContainer(address.containerName);
    const { store, clock, limits } = this.#parts;
    await using received = await this.#receive(content, limits.blockBytesMax);
    const { stagedBlocksMax: blocksMax } = limits;
    const block = { blockId, content: received, stagedAtMs: clock.now(), blocksMax };
    const outcome = await store.stageBlock(address, block, this.#kindOf(address));
    if (outcome === "staged") return;
    if (outcome === "containerMissing") throw containerNotFound();
    throw new BlobError(
      "BlockCountExceedsLimit",
      `The uncommitted block count cannot exceed the maximum limit of ${blocksMax} blocks.`,
    );
  }

  /** Throws `BlockListTooLong`, `InvalidBlockList`, and what its conditions and name lead to. */
  async commitBlocks(request: WriteBlob, blocks: readonly BlockReference[]): Promise<StoredBlob> {
    const blob = this.#newBlob(request);
    const { store, limits } = this.#parts;
    if (blocks.length > limits.blocksPerBlobMax) {
      throw new BlobError(
        "BlockListTooLong",
        `The block list may not contain more than ${limits.blocksPerBlobMax} blocks.`,
      );
    }
    const expected = await this.#expectedOf(request);
    const kind = this.#kindOf(request.address);
    const written = await store.commitBlocks(blob, blocks, expected, kind);
    if (written === "containerMissing") throw containerNotFound();
    if (written === "conflict") throw conditionNotMet();
    if (written === "blockMissing") {
      throw new BlobError("InvalidBlockList", "The specified block list is invalid.");
    }
    return written;
  }

  /** New metadata for content that stays. Throws `BlobNotFound`, `MetadataTooLarge`, and what its conditions lead to. */
  async describe({ address, metadata, conditions }: DescribeBlob): Promise<StoredBlob> {
    const { store } = this.#parts;
    const revision = this.#revision(metadata);
    const blob = await store.find(address);
    if (blob === undefined) throw await this.#notFound(address);
    const expected = checkWriteConditions(conditions, blob);
    const described = await store.describe(address, revision, expected);
    if (described === "missing") throw await this.#notFound(address);
    if (described === "conflict") throw conditionNotMet();
    return described;
  }

  /** Throws `BlobNotFound`, `ConditionNotMet`, `NotModified`. */
  async find(address: BlobAddress, conditions: BlobConditions): Promise<StoredBlob> {
    const blob = await this.#parts.store.find(address);
    if (blob === undefined) throw await this.#notFound(address);
    checkReadConditions(conditions, blob);
    return blob;
  }

  /** Throws `BlobNotFound`, `ConditionNotMet`, `NotModified`, `InvalidRange`. */
  async read(
    address: BlobAddress,
    request: { range: RequestedRange | undefined; conditions: BlobConditions },
  ): Promise<BlobReading> {
    const open = await this.#parts.store.open(address);
    if (open === undefined) throw await this.#notFound(address);
    try {
      checkReadConditions(request.conditions, open.blob);
      return readingOf(open, request.range);
    } catch (error) {
      open[Symbol.dispose]();
      throw error;
    }
  }

  /** Throws `BlobNotFound`, `ConditionNotMet`. */
  async delete(address: BlobAddress, conditions: BlobConditions): Promise<void> {
    const { store } = this.#parts;
    const blob = await store.find(address);
    if (blob === undefined) throw await this.#notFound(address);
    const outcome = await store.delete(address, checkWriteConditions(conditions, blob));
    if (outcome === "missing") throw await this.#notFound(address);
    if (outcome === "conflict") throw conditionNotMet();
  }

  /** Throws `ContainerNotFound`. */
  async list(containerName: string, request: BlobPageRequest): Promise<BlobPage> {
    await this.requireContainer(containerName);
    const { store, limits } = this.#parts;
    const entriesMax = Math.min(request.entriesMax, limits.blobsPerPageMax);
    return listPage(store, containerName, { ...request, entriesMax });
  }

  /** Throws `ContainerNotFound`: there is the one for uploads, each that was made, and each that has something in it. */
  async requireContainer(containerName: string): Promise<StoredContainer> {
    const { store, uploadContainer } = this.#parts;
    const made = await store.findContainer(containerName);
    if (made !== undefined) return made;
    if (containerName !== uploadContainer() && !(await this.#hasContainer(containerName))) {
      throw containerNotFound();
    }
    return this.#unmade(containerName);
  }

  /** Throws `ContainerAlreadyExists`, `TooManyContainers`, `MetadataTooLarge`. */
  async createContainer(
    containerName: string,
    metadata: ReadonlyMap<string, string>,
  ): Promise<StoredContainer> {
    const { store, limits } = this.#parts;
    const { etag, writtenAtMs } = this.#revision(metadata);
    const container = { containerName, etag, createdAtMs: writtenAtMs, metadata };
    const isThere = await this.#hasContainer(containerName);
    const outcome = isThere
      ? "exists"
      : await store.createContainer(container, limits.containersMax);
    if (outcome === "exists") {
      throw new BlobError("ContainerAlreadyExists", "The specified container already exists.");
    }
    if (outcome === "full") {
      throw new BlobError(
        "TooManyContainers",
        `The account has ${limits.containersMax} containers already.`,
      );
    }
    return container;
  }

  /** With all that is in it. Throws `ContainerNotFound`, and `AuthorizationPermissionMismatch` for the one for uploads. */
  async deleteContainer(containerName: string): Promise<void> {
    if (containerName === this.#parts.uploadContainer()) {
      throw new BlobError(
        "AuthorizationPermissionMismatch",
        "Devices upload into this container; it cannot be deleted.",
      );
    }
    const outcome = await this.#parts.store.deleteContainer(containerName);
    if (outcome === "missing") throw containerNotFound();
  }

  /** In order of name, the one for uploads among them. */
  async listContainers(request: ContainerPageRequest): Promise<ContainerPage> {
    const { prefix, marker } = request;
    const entriesMax = Math.min(request.entriesMax, this.#parts.limits.blobsPerPageMax);
    const found = (await this.#allContainers()).filter(
      ({ containerName }) => containerName.startsWith(prefix) && containerName > marker,
    );
    const containers = found.slice(0, entriesMax);
    const isLast = containers.length === found.length;
    return { containers, nextMarker: isLast ? undefined : containers.at(-1)?.containerName };
  }

  /** There are no more than an account may have. */
  async #allContainers(): Promise<readonly StoredContainer[]> {
    const made = await this.#parts.store.listContainers();
    const ofUploads = this.#parts.uploadContainer();
    if (ofUploads === undefined || made.some(({ containerName }) => containerName === ofUploads)) {
      return made;
    }
    const all = [...made, this.#unmade(ofUploads)];
    return all.toSorted((a, b) => (a.containerName < b.containerName ? -1 : 1));
  }

  /** Gives up blocks whose list never came; the hub calls it from time to time. */
  async sweep(): Promise<void> {
    const { store, clock, limits } = this.#parts;
    await store.removeStaleBlocks(clock.now() - limits.stagedBlockLifetimeMs);
  }

  async #receive(content: IncomingContent, bytesMax: number): Promise<ReceivedContent> {
    if ((content.sizeBytes ?? 0) > bytesMax) throw tooLarge(bytesMax);
    const received = await this.#parts.store.receive(content.chunks, { bytesMax });
    if (received === "tooLong") throw tooLarge(bytesMax);
    if (received === "full") {
      throw new BlobError("ServerBusy", "The server has too little room for the content.");
    }
    if (content.md5 === undefined || content.md5 === received.md5) return received;
    await received[Symbol.asyncDispose]();
    throw new BlobError(
      "Md5Mismatch",
      "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    );
  }

  #newBlob({ address, headers, metadata }: WriteBlob): NewBlob {
    checkAddress(address);
    return { address, headers, ...this.#revision(metadata) };
  }

  #revision(metadata: ReadonlyMap<string, string>): BlobRevision {
    let bytes = 0;
    for (const [name, value] of metadata) bytes += name.length + value.length;
    if (bytes > this.#parts.limits.metadataBytesMax) {
      throw new BlobError(
        "MetadataTooLarge",
        "The size of the specified metadata exceeds the maximum size permitted.",
      );
    }
    const { secrets, clock } = this.#parts;
    const etag = `0x${secrets.createUuid().replaceAll("-", "").slice(0, 16).toUpperCase()}`;
    return { etag, writtenAtMs: clock.now(), metadata };
  }

  async #expectedOf({ address, conditions, mayReplace }: WriteBlob) {
    const current = await this.#parts.store.find(address);
    if (current === undefined && !(await this.#hasContainer(address.containerName))) {
      throw containerNotFound();
    }
    if (current !== undefined && !mayReplace) {
      throw new BlobError(
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
      );
    }
    const expected = checkWriteConditions(conditions, current);
    return expected === "anything" && !mayReplace ? "nothing" : expected;
  }

  #kindOf({ containerName }: BlobAddress): ContainerKind {
    return containerName === this.#parts.uploadContainer() ? "given" : "made";
  }

  async #hasContainer(containerName: string): Promise<boolean> {
    if (containerName === this.#parts.uploadContainer()) return true;
    if ((await this.#parts.store.findContainer(containerName)) !== undefined) return true;
    const page = { containerName, prefix: "", after: "", limit: 1 };
    return (await this.#parts.store.list(page)).length > 0;
  }

  /** One that nobody made is as old as the hub. */
  #unmade(containerName: string): StoredContainer {
    const createdAtMs = this.#parts.createdAtMs();
    const etag = `0x${createdAtMs.toString(16).toUpperCase()}`;
    return { containerName, etag, createdAtMs, metadata: new Map() };
  }

  async #notFound(address: BlobAddress): Promise<BlobError> {
    return (await this.#hasContainer(address.containerName))
      ? new BlobError("BlobNotFound", "The specified blob does not exist.")
      : containerNotFound();
  }
}

function readingOf(open: OpenBlob, requested: RequestedRange | undefined): BlobReading {
  const { sizeBytes } = open.blob;
  const range = requested && resolveRange(requested, sizeBytes);
  return {
    blob: open.blob,
    range,
    chunks: () => open.read(range ?? { firstByte: 0, lastByte: sizeBytes - 1 }),
    [Symbol.dispose]: () => open[Symbol.dispose](),
  };
}

function checkAddress({ blobName }: BlobAddress): void {
  if (isBlobName(blobName)) return;
  throw new BlobError(
    "InvalidResourceName",
    "The specified resource name contains invalid characters.",
  );
}

function tooLarge(bytesMax: number): BlobError {
  return new BlobError(
    "RequestBodyTooLarge",
    `The request body is too large and exceeds the maximum permissible limit of ${bytesMax} bytes.`,
  );
}

function containerNotFound(): BlobError {
  return new BlobError("ContainerNotFound", "The specified container does not exist.");
}
