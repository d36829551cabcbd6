export interface StoredBatch {
  readonly firstPosition: number;
  readonly count: number;
  readonly records: Uint8Array;
}

export type ReaderCalls = {
  open: { readonly request: { readonly file: string }; readonly reply: void };
  read: {
    readonly request: {
      readonly partitionId: number;
      readonly fromPosition: number;
      readonly bytesMax: number;
    };
    readonly reply: {
      readonly batches: readonly StoredBatch[];
      /** First positions of rows that cannot be given back as they were written. */
      readonly damaged: readonly number[];
      /** Where stored events go on; undefined when this was all. */
      readonly nextPosition: number | undefined;
    };
  };
  /** Undefined when no stored event is that late. */
  positionAt: {
    readonly request: { readonly partitionId: number; readonly timeMs: number };
    readonly reply: { readonly position: number | undefined; readonly damaged: readonly number[] };
  };
  close: { readonly request: undefined; readonly reply: void };
};
