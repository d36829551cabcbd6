import type { Transfer } from "./transfer.ts";

/** Imports and exports of one hub. */
export interface TransferStore {
  find(jobId: string): Promise<Transfer | undefined>;
  put(transfer: Transfer): Promise<void>;
  /** The newest first. */
  list(limit: number): Promise<readonly Transfer[]>;
  removeCreatedBefore(createdBeforeMs: number): Promise<void>;
}
