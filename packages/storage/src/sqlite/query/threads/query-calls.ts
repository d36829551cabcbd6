import type { IdentityKey, Query, QueryTarget } from "@larimar/domain";
import type { MemoryColumn, MemoryKey } from "../../twins/memory-column.ts";
import type { MemoryWish } from "../memory/memory-search.ts";

/** How much longer a query may run, and whether anybody still wants it. */
export interface QueryBudget {
  /** Its first element is 1 when the query is cancelled. */
  readonly cancelled: Int32Array;
  readonly timeMaxMs: number;
}

/** What every query comes with. */
export interface QueryRequest extends QueryBudget {
  readonly hub: string;
  /** What is in memory of the twins, shared between the threads. */
  readonly columns: readonly MemoryColumn[];
}

interface PageRequest extends QueryRequest {
  readonly after: string | undefined;
  readonly limit: number;
}

/** What keeps a query from its result. */
export type QueryFailure =
  | { readonly kind: "cancelled" }
  | { readonly kind: "timedOut" }
  | { readonly kind: "refused"; readonly message: string };

/** What every query that came to its end says. */
export interface QueryDone {
  readonly kind: "done";
  /** How many the thread keeps. */
  readonly statements: number;
  readonly used: readonly MemoryKey[];
  readonly wish: MemoryWish | undefined;
}

type Outcome<T> = QueryFailure | (QueryDone & T);

/** Rows travel as JSON text, which is less work on both sides than copies of objects. */
export type QueryCalls = {
  open: {
    readonly request: { readonly file: string; readonly pageBytesMax: number };
    readonly reply: void;
  };
  page: {
    readonly request: PageRequest & { readonly query: Query };
    readonly reply: Outcome<{ readonly rows: string; readonly after: string | undefined }>;
  };
  groups: {
    readonly request: QueryRequest & { readonly query: Query };
    readonly reply: Outcome<{ readonly rows: string }>;
  };
  keys: {
    readonly request: PageRequest & { readonly target: QueryTarget };
    readonly reply: Outcome<{
      readonly keys: readonly IdentityKey[];
      readonly after: string | undefined;
    }>;
  };
  /** Writes what it reads where all threads see it. */
  fillMemory: {
    readonly request: QueryBudget & { readonly column: MemoryColumn };
    readonly reply: QueryFailure | { readonly kind: "done" };
  };
  close: { readonly request: undefined; readonly reply: void };
};
