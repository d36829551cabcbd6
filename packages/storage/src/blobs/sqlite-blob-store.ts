import type {
  BlobAddress,
  BlobRevision,
  BlobHeaders,
  BlobStore,
  BlockReference,
  ByteRange,
  ContainerKind,
  ExpectedBlob,
  NewBlob,
  OpenBlob,
  ReceivedContent,
  StoredBlob,
  StoredContainer,
} from "@larimar/domain";
import type { RowOwner } from "../sqlite/row-owner.ts";
import type { BlobFiles, FilePart, ReceivedFile } from "./blob-files.ts";
import type {
  Address,
  BlobRow,
  BlobStatements,
  ContainerRow,
  SegmentRow,
} from "./blob-statements.ts";

/** Of a container that goes; between two writes everybody else has a turn. */
const BLOBS_PER_WRITE_MAX = 100;
/** Sorts after whatever begins with the text before it. */
const AFTER_ALL = "\u{10ffff}";

/** Descriptions in the state database, content in files. */
export class SqliteBlobStore implements BlobStore {
  readonly #statements: BlobStatements;
  readonly #files: BlobFiles;
  readonly #hub: RowOwner;

  constructor(statements: BlobStatements, files: BlobFiles, hub: RowOwner) {
    this.#statements = statements;
    this.#files = files;
    this.#hub = hub;
  }

  async receive(
    content: AsyncIterable<Uint8Array>,
    limits: { readonly bytesMax: number },
  ): Promise<ReceivedContent | "tooLong" | "full"> {
    const received = await this.#files.receive(content, limits);
    return typeof received === "string" ? received : new FileContent(received, this.#files);
  }

  async put(
    blob: NewBlob,
    content: ReceivedContent,
    expected: ExpectedBlob,
    container: ContainerKind,
  ): Promise<StoredBlob | "conflict" | "containerMissing"> {
    const { file, sizeBytes } = fileOf(content);
    const segment = { block_id: "", file, size_bytes: sizeBytes };
    const outcome = await this.#hub.write(() => {
      if (!this.#isThere(blob.address, container)) return "containerMissing";
      if (!this.#isAsExpected(blob.address, expected)) return "conflict";
      return this.#replace(blob, [segment]);
    });
    if (typeof outcome === "string") return outcome;
    this.#files.adopt(file);
    this.#files.remove(outcome.removed);
    return outcome.stored;
  }

  async stageBlock(
    address: BlobAddress,
    block: { blockId: string; content: ReceivedContent; stagedAtMs: number; blocksMax: number },
    container: ContainerKind,
  ): Promise<"staged" | "full" | "containerMissing"> {
    const { blockId, stagedAtMs, blocksMax } = block;
    const { file, sizeBytes } = fileOf(block.content);
    const { countStaged, stagedBlock, stage } = this.#statements;
    const key = this.#keyOf(address);
    const outcome = await this.#hub.write(() => {
      if (!this.#isThere(address, container)) return "containerMissing";
      if ((countStaged.get(...key, blockId)?.count ?? 0) >= blocksMax) return "full";
      const replaced = stagedBlock.get(...key, blockId);
      stage.run(...key, blockId, file, sizeBytes, stagedAtMs);
      return { replaced };
    });
    if (typeof outcome === "string") return outcome;
    this.#files.adopt(file);
    if (outcome.replaced !== undefined) this.#files.remove([outcome.replaced.file]);
    return "staged";
  }

  async commitBlocks(
    blob: NewBlob,
    blocks: readonly BlockReference[],
    expected: ExpectedBlob,
    container: ContainerKind,
  ): Promise<StoredBlob | "conflict" | "blockMissing" | "containerMissing"> {
    const outcome = await this.#hub.write(() => {
      if (!this.#isThere(blob.address, container)) return "containerMissing";
      if (!this.#isAsExpected(blob.address, expected)) return "conflict";
      const segments = this.#resolve(blob.address, blocks);
      return segments === undefined ? "blockMissing" : this.#replace(blob, segments);
    });
    if (typeof outcome === "string") return outcome;
    this.#files.remove(outcome.removed);
    return outcome.stored;
  }

  async describe(
    address: BlobAddress,
    { etag, writtenAtMs, metadata }: BlobRevision,
    expected: ExpectedBlob,
  ): Promise<StoredBlob | "missing" | "conflict"> {
    const { describe } = this.#statements;
    return this.#hub.write(() => {
      const row = this.#find(address);
      if (row === undefined) return "missing";
      if (!this.#isAsExpected(address, expected)) return "conflict";
      const described = describe.get(etag, writtenAtMs, JSON.stringify([...metadata]), row.id);
      if (described === undefined) throw new Error("A blob was described, but gave no row");
      return decode(described);
    });
  }

  async find(address: BlobAddress): Promise<StoredBlob | undefined> {
    const row = this.#find(address);
    return row && decode(row);
  }

  async open(address: BlobAddress): Promise<OpenBlob | undefined> {
    const row = this.#find(address);
    if (row === undefined) return undefined;
    const segments = this.#statements.segments.all(row.id);
    const pin = this.#files.pin(segments.map(({ file }) => file));
    const files = this.#files;
    return {
      blob: decode(row),
      async *read(range) {
        for (const part of partsOf(segments, range)) yield* files.read(part);
      },
      [Symbol.dispose]: () => pin[Symbol.dispose](),
    };
  }

  async delete(
    address: BlobAddress,
    expected: ExpectedBlob,
  ): Promise<"deleted" | "missing" | "conflict"> {
    const outcome = await this.#hub.write(() => {
      if (this.#find(address) === undefined) return "missing";
      if (!this.#isAsExpected(address, expected)) return "conflict";
      return { removed: this.#remove(address) };
    });
    if (typeof outcome === "string") return outcome;
    this.#files.remove(outcome.removed);
    return "deleted";
  }

  async list(page: {
    containerName: string;
    prefix: string;
    after: string;
    limit: number;
  }): Promise<readonly StoredBlob[]> {
    const { containerName, prefix, after, limit } = page;
    const end = prefix + AFTER_ALL;
    return this.#statements.list
      .all(this.#hub.key, containerName, after, prefix, end, limit)
      .map(decode);
  }

  async createContainer(
    { containerName, etag, createdAtMs, metadata }: StoredContainer,
    containersMax: number,
  ): Promise<"created" | "exists" | "full"> {
    const { findContainer, countContainers, insertContainer } = this.#statements;
    return this.#hub.write(() => {
      if (findContainer.get(this.#hub.key, containerName) !== undefined) return "exists";
      if ((countContainers.get(this.#hub.key)?.count ?? 0) >= containersMax) return "full";
      const text = JSON.stringify([...metadata]);
      insertContainer.run(this.#hub.key, containerName, etag, createdAtMs, text);
      return "created";
    });
  }

  async findContainer(containerName: string): Promise<StoredContainer | undefined> {
    const row = this.#statements.findContainer.get(this.#hub.key, containerName);
    return row && decodeContainer(row);
  }

  async listContainers(): Promise<readonly StoredContainer[]> {
    return this.#statements.listContainers.all(this.#hub.key).map(decodeContainer);
  }

  async deleteContainer(containerName: string): Promise<"deleted" | "missing"> {
    const { deleteContainer } = this.#statements;
    for (let wasThere = false; ; wasThere = true) {
      const outcome = await this.#hub.write(() => {
        const addresses = this.#someOf(containerName);
        if (addresses.length > 0) return { removed: addresses.flatMap((one) => this.#remove(one)) };
        return deleteContainer.run(this.#hub.key, containerName).changes > 0
          ? "deleted"
          : "missing";
      });
      if (outcome === "deleted") return outcome;
      if (outcome === "missing") return wasThere ? "deleted" : outcome;
      this.#files.remove(outcome.removed);
    }
  }

  async removeStaleBlocks(stagedBeforeMs: number): Promise<void> {
    const { stale, staged, unstage } = this.#statements;
    const find = () => stale.all(this.#hub.key, stagedBeforeMs);
    // Most looks find nothing; those cost no commit.
    if (find().length === 0) return;
    const removed = await this.#hub.write(() =>
      find().flatMap(({ container, name }) => {
        const key: Address = [this.#hub.key, container, name];
        const files = staged.all(...key).map(({ file }) => file);
        unstage.run(...key);
        return files;
      }),
    );
    this.#files.remove(removed);
  }

  /** Writes the blob of these segments; what it and its staged blocks had before is to be removed. */
  #replace(
    blob: NewBlob,
    segments: readonly SegmentRow[],
  ): { stored: StoredBlob; removed: ReadonlySet<string> } {
    const statements = this.#statements;
    const { address, etag, writtenAtMs, headers, metadata } = blob;
    const key = this.#keyOf(address);
    const removed = this.#filesOf(address);
    const sizeBytes = segments.reduce((sum, segment) => sum + segment.size_bytes, 0);
    const texts = [JSON.stringify(headers), JSON.stringify([...metadata])] as const;
    const row = statements.write.get(...key, etag, sizeBytes, writtenAtMs, writtenAtMs, ...texts);
    if (row === undefined) throw new Error("A blob was written, but gave no row");
    statements.deleteSegments.run(row.id);
    let firstByte = 0;
    for (const [position, { block_id, file, size_bytes }] of segments.entries()) {
      statements.insertSegment.run(row.id, position, block_id, file, firstByte, size_bytes);
      firstByte += size_bytes;
      removed.delete(file);
    }
    statements.unstage.run(...key);
    return { stored: decode(row), removed };
  }

  /** The segments that a list of blocks means; undefined when one of them is not there. */
  #resolve(address: BlobAddress, blocks: readonly BlockReference[]): SegmentRow[] | undefined {
    const row = this.#find(address);
    const committed = row === undefined ? [] : this.#statements.segments.all(row.id);
    const committedById = new Map(committed.map((segment) => [segment.block_id, segment]));
    const staged = this.#statements.staged.all(...this.#keyOf(address));
    const stagedById = new Map(staged.map((segment) => [segment.block_id, segment]));
    const segments: SegmentRow[] = [];
    for (const { blockId, kind } of blocks) {
      const segment =
        (kind === "committed" ? undefined : stagedById.get(blockId)) ??
        (kind === "uncommitted" ? undefined : committedById.get(blockId));
      if (segment === undefined) return undefined;
      segments.push(segment);
    }
    return segments;
  }

  /** The blob, its staged blocks, or both; the files are left to the caller, for when that is on disk. */
  #remove(address: BlobAddress): readonly string[] {
    const removed = this.#filesOf(address);
    const row = this.#find(address);
    if (row !== undefined) {
      this.#statements.deleteSegments.run(row.id);
      this.#statements.delete.run(row.id);
    }
    this.#statements.unstage.run(...this.#keyOf(address));
    return [...removed];
  }

  /** A few of what is in a container; empty when nothing is. */
  #someOf(containerName: string): readonly BlobAddress[] {
    const { list, stagedIn } = this.#statements;
    const found = list.all(this.#hub.key, containerName, "", "", AFTER_ALL, BLOBS_PER_WRITE_MAX);
    const names =
      found.length > 0 ? found : stagedIn.all(this.#hub.key, containerName, BLOBS_PER_WRITE_MAX);
    return names.map(({ name: blobName }) => ({ containerName, blobName }));
  }

  #filesOf(address: BlobAddress): Set<string> {
    const row = this.#find(address);
    const committed = row === undefined ? [] : this.#statements.segments.all(row.id);
    const staged = this.#statements.staged.all(...this.#keyOf(address));
    return new Set([...committed, ...staged].map(({ file }) => file));
  }

  /** Asked in the commit of a write: a container that is deleted meanwhile does not come back with it. */
  #isThere({ containerName }: BlobAddress, container: ContainerKind): boolean {
    if (container === "given") return true;
    const { findContainer, list } = this.#statements;
    if (findContainer.get(this.#hub.key, containerName) !== undefined) return true;
    return list.get(this.#hub.key, containerName, "", "", AFTER_ALL, 1) !== undefined;
  }

  #isAsExpected(address: BlobAddress, expected: ExpectedBlob): boolean {
    if (expected === "anything") return true;
    const current = this.#find(address);
    return expected === "nothing" ? current === undefined : current?.etag === expected.etag;
  }

  #find(address: BlobAddress): BlobRow | undefined {
    return this.#statements.find.get(...this.#keyOf(address));
  }

  #keyOf({ containerName, blobName }: BlobAddress): Address {
    return [this.#hub.key, containerName, blobName];
  }
}

/** Content of this store, and what remains to be done with it. */
class FileContent implements ReceivedContent {
  readonly received: ReceivedFile;
  readonly #files: BlobFiles;

  constructor(received: ReceivedFile, files: BlobFiles) {
    this.received = received;
    this.#files = files;
  }

  get sizeBytes(): number {
    return this.received.sizeBytes;
  }

  get md5(): string {
    return this.received.md5;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files.discard(this.received.file);
  }
}

function fileOf(content: ReceivedContent): ReceivedFile {
  if (content instanceof FileContent) return content.received;
  throw new Error("This content was received by another store");
}

/** The files, and the parts of them, that a range of the blob is made of. */
function partsOf(
  segments: readonly { file: string; first_byte: number; size_bytes: number }[],
  { firstByte, lastByte }: ByteRange,
): FilePart[] {
  return segments.flatMap(({ file, first_byte, size_bytes }) => {
    const from = Math.max(firstByte, first_byte);
    const end = Math.min(lastByte + 1, first_byte + size_bytes);
    return from < end ? [{ file, firstByte: from - first_byte, sizeBytes: end - from }] : [];
  });
}

function decode(row: BlobRow): StoredBlob {
  return {
    address: { containerName: row.container, blobName: row.name },
    etag: row.etag,
    sizeBytes: row.size_bytes,
    createdAtMs: row.created_at_ms,
    lastModifiedMs: row.last_modified_ms,
    headers: headersOf(row),
    metadata: new Map(JSON.parse(row.metadata) as [string, string][]),
  };
}

function decodeContainer(row: ContainerRow): StoredContainer {
  return {
    containerName: row.name,
    etag: row.etag,
    createdAtMs: row.created_at_ms,
    metadata: new Map(JSON.parse(row.metadata) as [string, string][]),
  };
}

/** JSON leaves out what is undefined. */
function headersOf(row: BlobRow): BlobHeaders {
  const stored = JSON.parse(row.headers) as Partial<BlobHeaders>;
  return {
    contentType: stored.contentType,
    contentEncoding: stored.contentEncoding,
    contentLanguage: stored.contentLanguage,
    contentDisposition: stored.contentDisposition,
    cacheControl: stored.cacheControl,
    contentMd5: stored.contentMd5,
  };
}
