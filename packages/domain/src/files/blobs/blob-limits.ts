/** The named limits of a built-in blob account; but for the containers, they are those of Azure Storage. */
export interface BlobLimits {
  /** Of a blob written in one go; larger is refused with RequestBodyTooLarge. */
  readonly blobBytesMax: number;
  /** Of a block; larger is refused with RequestBodyTooLarge. */
  readonly blockBytesMax: number;
  /** Of a blob; a longer list is refused with BlockListTooLong. */
  readonly blocksPerBlobMax: number;
  /** Waiting for their list, for each blob; one more is refused with BlockCountExceedsLimit. */
  readonly stagedBlocksMax: number;
  /** Of blobs or containers; a larger page is cut to it. */
  readonly blobsPerPageMax: number;
  /** Beside the one for uploads; more are refused with TooManyContainers. */
  readonly containersMax: number;
  /** Names and values together; more is refused with MetadataTooLarge. */
  readonly metadataBytesMax: number;
  /** Blocks that wait longer for their list are removed, unless the blob got another one since. */
  readonly stagedBlockLifetimeMs: number;
}

const MIB = 1024 ** 2;

export const DEFAULT_BLOB_LIMITS: BlobLimits = {
  blobBytesMax: 5000 * MIB,
  blockBytesMax: 4000 * MIB,
  blocksPerBlobMax: 50_000,
  stagedBlocksMax: 100_000,
  blobsPerPageMax: 5000,
  containersMax: 1000,
  metadataBytesMax: 8192,
  stagedBlockLifetimeMs: 7 * 24 * 60 * 60 * 1000,
};
