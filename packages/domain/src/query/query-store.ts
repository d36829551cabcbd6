import type { JsonObject } from "../json/json-value.ts";
import type { IdentityKey } from "../devices/device.ts";
import type { CancelSignal } from "../time/cancel-signal.ts";
import type { Query, QueryTarget } from "./language/query-ast.ts";

export interface QueryPageRequest {
  /** Where the page before ended; the store's own word, of letters, digits, `-` and `_`. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly signal?: CancelSignal | undefined;
}

/**
 * Looks for twins and jobs of one hub. What matches is decided by `evaluate`; the order is the store's, and
 * stays while rows come and go: no row that was there all along is missed or shown twice.
 */
export interface QueryStore {
  /** Not for grouped queries. `after` is undefined at the end, and otherwise at least one row follows. */
  page(
    query: Query,
    request: QueryPageRequest,
  ): Promise<{ readonly rows: readonly JsonObject[]; readonly after: string | undefined }>;
  /** All rows of a grouped query. Throws `ArgumentInvalid` when they are too many. */
  groups(query: Query, signal?: CancelSignal): Promise<readonly JsonObject[]>;
  /** A chunk of the identities that match, not necessarily full; `after` is undefined at the end. */
  keys(
    target: QueryTarget,
    request: QueryPageRequest,
  ): Promise<{ readonly keys: readonly IdentityKey[]; readonly after: string | undefined }>;
}
