import type {
  BlobAddress,
  BlobRevision,
  BlockReference,
  ByteRange,
  NewBlob,
  StoredBlob,
  StoredContainer,
} from "./blob.ts";

/**
 * Content that is on disk under no name yet. Disposing removes it, unless a blob or a block was made of it in
 * the meantime.
 */
export interface ReceivedContent extends AsyncDisposable {
  readonly sizeBytes: number;
  /** Base64. */
  readonly md5: string;
}

/** A blob as it was when it was opened, whatever happens to its name meanwhile. Closed by disposing. */
export interface OpenBlob extends Disposable {
  readonly blob: StoredBlob;
  read(range: ByteRange): AsyncIterable<Uint8Array>;
}

/** What must be there for a write to happen. */
export type ExpectedBlob = "anything" | "nothing" | { readonly etag: string };

/** One that is there by itself, or one that is there while somebody has made it or something is in it. */
export type ContainerKind = "given" | "made";

/** The blobs of one hub. Content is streamed; what a promise says has happened is on disk. */
export interface BlobStore {
  /**
   * Takes content in as fast as the disk does. `full` when the disk has too little room left. Rejects with what
   * `content` throws, and then has kept nothing.
   */
  receive(
    content: AsyncIterable<Uint8Array>,
    limits: { readonly bytesMax: number },
  ): Promise<ReceivedContent | "tooLong" | "full">;
  /** Replaces the blob and its staged blocks. `containerMissing` when the container is there no more. */
  put(
    blob: NewBlob,
    content: ReceivedContent,
    expected: ExpectedBlob,
    container: ContainerKind,
  ): Promise<StoredBlob | "conflict" | "containerMissing">;
  /** Keeps content for a later list; a block of the same id is replaced. `full` at `blocksMax`. */
  stageBlock(
    address: BlobAddress,
    block: { blockId: string; content: ReceivedContent; stagedAtMs: number; blocksMax: number },
    container: ContainerKind,
  ): Promise<"staged" | "full" | "containerMissing">;
  /** Makes the blob of just these blocks, without copying them, and forgets all others. */
  commitBlocks(
    blob: NewBlob,
    blocks: readonly BlockReference[],
    expected: ExpectedBlob,
    container: ContainerKind,
  ): Promise<StoredBlob | "conflict" | "blockMissing" | "containerMissing">;
  /** Leaves the content as it is; the blob is another version all the same. */
  describe(
    address: BlobAddress,
    revision: BlobRevision,
    expected: ExpectedBlob,
  ): Promise<StoredBlob | "missing" | "conflict">;
  find(address: BlobAddress): Promise<StoredBlob | undefined>;
  open(address: BlobAddress): Promise<OpenBlob | undefined>;
  delete(address: BlobAddress, expected: ExpectedBlob): Promise<"deleted" | "missing" | "conflict">;
  /** In the order of the UTF-8 bytes of their names. */
  list(page: {
    containerName: string;
    prefix: string;
    after: string;
    limit: number;
  }): Promise<readonly StoredBlob[]>;
  createContainer(
    container: StoredContainer,
    containersMax: number,
  ): Promise<"created" | "exists" | "full">;
  findContainer(containerName: string): Promise<StoredContainer | undefined>;
  /** In order of name. */
  listContainers(): Promise<readonly StoredContainer[]>;
  /** With all that is in it, a few blobs at a time; what comes in meanwhile goes too. */
  deleteContainer(containerName: string): Promise<"deleted" | "missing">;
  /** Removes staged blocks of blobs that got none since. */
  removeStaleBlocks(stagedBeforeMs: number): Promise<void>;
}
