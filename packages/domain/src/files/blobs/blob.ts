/** Where a blob is in the account of its hub. */
export interface BlobAddress {
  readonly containerName: string;
  readonly blobName: string;
}

/** What was said about the content when it was written, and is said again to whoever reads it. */
export interface BlobHeaders {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly contentLanguage: string | undefined;
  readonly contentDisposition: string | undefined;
  readonly cacheControl: string | undefined;
  /** Base64. */
  readonly contentMd5: string | undefined;
}

/** What a blob says of itself from now on. */
export interface BlobRevision {
  readonly etag: string;
  readonly writtenAtMs: number;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A blob as its writer wants it, before it has content. */
export interface NewBlob extends BlobRevision {
  readonly address: BlobAddress;
  readonly headers: BlobHeaders;
}

/** Somebody made it for blobs of theirs. The one for uploads is there without. */
export interface StoredContainer {
  readonly containerName: string;
  /** Without quotes. */
  readonly etag: string;
  readonly createdAtMs: number;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface StoredBlob {
  readonly address: BlobAddress;
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** When the name was first taken; later content does not change it. */
  readonly createdAtMs: number;
  readonly lastModifiedMs: number;
  readonly headers: BlobHeaders;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Which copy of a block a list means: the one of the blob as it is, the one staged since, or the newest. */
export type BlockKind = "committed" | "uncommitted" | "latest";

export interface BlockReference {
  /** Base64, as the client wrote it. */
  readonly blockId: string;
  readonly kind: BlockKind;
}

/** Both ends included. */
export interface ByteRange {
  readonly firstByte: number;
  readonly lastByte: number;
}
