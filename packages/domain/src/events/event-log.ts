/** Events that are on disk, as they were written: `count` records with consecutive positions. */
export interface EventBatch {
  readonly firstPosition: number;
  readonly count: number;
  readonly records: Uint8Array;
}

export interface Append {
  readonly partition: number;
  readonly count: number;
  readonly bytes: number;
  /** Called once, before `append` returns: put exactly `bytes` bytes of records into `target`, from `at`. */
  write(target: Uint8Array, at: number, enqueuedAtMs: number): void;
}

/** What is on disk in a partition. An empty one has lastPosition = firstPosition - 1. */
export interface PartitionState {
  readonly firstPosition: number;
  readonly lastPosition: number;
  /** 0 while nothing was ever appended. */
  readonly lastEnqueuedAtMs: number;
}

/**
 * The partitioned, durable, ordered log behind a hub's events endpoint. Positions count from 0 in each
 * partition without gaps and are never used twice; times never run backwards within a partition.
 */
export interface EventLog {
  readonly partitionCount: number;
  /**
   * Resolves when the events are on disk. Rejects with `EventLogUnavailable` when they are not, or when
   * more is waiting for the disk than the log may hold.
   */
  append(entry: Append): Promise<void>;
  /** True while so much waits for the disk that heads should stop reading from their sockets. */
  readonly isCongested: boolean;
  /** Resolves once the log is no longer congested. */
  drained(): Promise<void>;
  state(partition: number): PartitionState;
  /** Batches that hold events at or after `fromPosition`, in order; none when nothing is there yet. */
  read(
    partition: number,
    fromPosition: number,
    limits: { bytesMax: number },
  ): Promise<readonly EventBatch[]>;
  /** The first position whose time is at or after the given one; the next free position if there is none. */
  positionAt(partition: number, enqueuedAtMs: number): Promise<number>;
  /** Calls `listener` after each append to the partition that reached the disk. */
  onAppended(partition: number, listener: () => void): Disposable;
}
