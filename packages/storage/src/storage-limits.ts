/** The named limits of the stores. What happens at each is said here. */
export interface StorageLimits {
  /**
   * Events waiting for the disk. At half of it `isCongested` asks heads to stop reading; an append that
   * would exceed it is refused with `EventLogUnavailable`.
   */
  readonly pendingBytesMax: number;
  /** A row of the event log; a larger group of appends becomes several rows. */
  readonly rowBytesMax: number;
  /** Recent events kept in memory for readers; beyond either, the oldest are read from disk again. */
  readonly tailBytesPerPartitionMax: number;
  readonly tailBytesMax: number;
  /** Buffers kept for the next appends; beyond it, they are left to the garbage collector. */
  readonly pooledBytesMax: number;
  /** One read from disk returns no more than this, whatever the reader asks for. */
  readonly diskReadBytesMax: number;
  /** `events.db` grows no further; appends are refused until retention has made room. */
  readonly eventsDatabaseBytesMax: number;
  /** Time between two looks for events to remove. */
  readonly sweepIntervalMs: number;
  /** One sweep removes no more; the next one follows at once. */
  readonly sweepBatchesMax: number;
  readonly sweepBytesMax: number;
  /** Threads that queries run in; each runs one at a time. */
  readonly queryWorkersMax: number;
  /** Queries waiting for a thread; more are refused with `Busy`. */
  readonly queriesWaitingMax: number;
  /** A query that runs longer ends with `QueryTimeout`. */
  readonly queryTimeMaxMs: number;
  /** Characters of one page's rows; a page that would have more has fewer rows, and at least one. */
  readonly queryPageBytesMax: number;
  /** Statements a thread keeps; one that has as many is replaced by a fresh one. */
  readonly queryStatementsMax: number;
  /** Values of twins in memory, of all places that queries ask about; the longest unused give way. */
  readonly twinMemoryBytesMax: number;
  /** Twins that may change while values are read into memory; when more do, these are not kept. */
  readonly twinMemoryChangesMax: number;
  /** Room on the disk that uploaded files leave to everything else; content that needs it is refused. */
  readonly blobDiskReserveBytes: number;
}

const MiB = 1024 ** 2;

export const DEFAULT_STORAGE_LIMITS: StorageLimits = {
  pendingBytesMax: 64 * MiB,
  rowBytesMax: MiB,
  tailBytesPerPartitionMax: 8 * MiB,
  tailBytesMax: 64 * MiB,
  pooledBytesMax: 16 * MiB,
  diskReadBytesMax: 4 * MiB,
  eventsDatabaseBytesMax: 2 ** 44,
  sweepIntervalMs: 10_000,
  sweepBatchesMax: 256,
  sweepBytesMax: 4 * MiB,
  queryWorkersMax: 2,
  queriesWaitingMax: 64,
  queryTimeMaxMs: 30_000,
  queryPageBytesMax: MiB,
  queryStatementsMax: 1000,
  twinMemoryBytesMax: 64 * MiB,
  twinMemoryChangesMax: 100_000,
  blobDiskReserveBytes: 128 * MiB,
};
