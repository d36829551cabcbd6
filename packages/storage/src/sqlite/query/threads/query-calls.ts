import type { IdentityKey, Query, QueryTarget } from "@larimar/domain";

/** How much longer a query may run, and whether anybody still wants it. */
export interface QueryBudget {
  /** Its first element is 1 when the query is cancelled. */
  readonly cancelled: Int32Array;
  readonly timeMaxMs: number;
}

interface PageRequest extends QueryBudget {
  readonly hub: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** What keeps a query from its result. */
export type QueryFailure =
  | { readonly kind: "cancelled" }
  | { readonly kind: "timedOut" }
  | { readonly kind: "refused"; readonly message: string };

type Outcome<T> = QueryFailure | ({ readonly kind: "done"; readonly statements: number } & T);

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
    readonly request: QueryBudget & { readonly hub: string; readonly query: Query };
    readonly reply: Outcome<{ readonly rows: string }>;
  };
  keys: {
    readonly request: PageRequest & { readonly target: QueryTarget };
    readonly reply: Outcome<{
      readonly keys: readonly IdentityKey[];
      readonly after: string | undefined;
    }>;
  };
  close: { readonly request: undefined; readonly reply: void };
};
