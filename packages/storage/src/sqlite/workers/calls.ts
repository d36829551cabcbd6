import type { StorageErrorCode } from "../../storage-error.ts";

/** What the main thread may ask of a worker: the name of each call, what goes there, what comes back. */
export type Calls = Record<string, { readonly request: unknown; readonly reply: unknown }>;

export interface WorkerError {
  readonly code: StorageErrorCode;
  readonly message: string;
}
