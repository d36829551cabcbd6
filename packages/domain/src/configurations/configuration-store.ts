import type { Configuration } from "./configuration.ts";

/** Was deleted; its settings are still in the twins of those it was for. */
export interface RetiredConfiguration {
  /** Another one with the same id may have come, and gone, since. */
  readonly key: number;
  readonly configuration: Configuration;
}

/** Configurations of one hub. */
export interface ConfigurationStore {
  find(id: string): Promise<Configuration | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(
    configuration: Configuration,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict">;
  /** It is found no more, and listed among the retired ones. No expected etag retires whatever is there. */
  retire(id: string, expectedEtag: string | undefined): Promise<"retired" | "missing" | "conflict">;
  /** In order of id. */
  list(): Promise<readonly Configuration[]>;
  listRetired(): Promise<readonly RetiredConfiguration[]>;
  /** Their settings are in no twin any more. */
  forget(keys: readonly number[]): Promise<void>;
}
