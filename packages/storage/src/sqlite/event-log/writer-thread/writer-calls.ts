import type { EventRetention } from "@larimar/domain";
import type { WorkerError } from "../../workers/calls.ts";

/** A row on its way to the disk; its bytes are a part of one of the buffers sent along. */
export interface RowToWrite {
  readonly partitionId: number;
  readonly firstPosition: number;
  readonly count: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  readonly bufferIndex: number;
  readonly offset: number;
  readonly length: number;
}

/** What the database remembers of a partition. */
export interface StoredPartition {
  readonly id: number;
  readonly firstPosition: number;
  readonly nextPosition: number;
  readonly lastTimeMs: number;
}

export type WriterCalls = {
  open: {
    readonly request: {
      readonly file: string;
      readonly isEphemeral: boolean;
      readonly databaseBytesMax: number;
      readonly sweepBatchesMax: number;
      readonly sweepBytesMax: number;
    };
    readonly reply: void;
  };
  openHub: {
    readonly request: {
      readonly hub: string;
      readonly partitionCount: number;
      readonly retention: EventRetention;
    };
    readonly reply: readonly StoredPartition[];
  };
  /** Does a bounded amount of work, as a sweep does. */
  eraseHub: {
    readonly request: { readonly hub: string };
    readonly reply: { readonly isDone: boolean };
  };
  /** The buffers come back either way; `error` says that nothing of it is on disk. */
  commit: {
    readonly request: { readonly rows: readonly RowToWrite[]; readonly buffers: ArrayBuffer[] };
    readonly reply: { readonly buffers: ArrayBuffer[]; readonly error: WorkerError | undefined };
  };
  sweep: {
    readonly request: { readonly nowMs: number };
    readonly reply: {
      readonly moved: readonly { readonly partitionId: number; readonly firstPosition: number }[];
      readonly isDone: boolean;
    };
  };
  close: { readonly request: undefined; readonly reply: void };
};
