import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JsonObject } from "../json/json-value.ts";
import { formatContinuation, parseContinuation } from "./continuation.ts";
import { parseQuery } from "./language/parse-query.ts";
import type { Query, QueryTarget } from "./language/query-ast.ts";
import { isGrouped } from "./language/query-ast.ts";
import {
  QUERY_DOCUMENTS_PER_PAGE_MAX,
  QUERY_KEYS_PER_BATCH,
  QUERY_PAGE_DEFAULT,
  QUERY_ROWS_PER_PAGE_MAX,
} from "./query-limits.ts";
import type { QueryStore } from "./query-store.ts";
import type { CancelSignal } from "../time/cancel-signal.ts";

/** What the rows of a page are: whole documents of twins or jobs, or what a query made of them. */
export type QueryResultType = "twin" | "deviceJob" | "raw";

export interface QueryPage {
  readonly items: readonly JsonObject[];
  /** Asks for the next page, of the same query only; undefined at the end. */
  readonly continuation: string | undefined;
  readonly type: QueryResultType;
}

export interface QueryRequest {
  readonly query: string;
  readonly pageSize?: number | undefined;
  readonly continuation?: string | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** Finds twins, modules' twins and jobs with the query language. */
export class Queries {
  readonly #store: QueryStore;

  constructor(store: QueryStore) {
    this.#store = store;
  }

  /** Throws `ArgumentInvalid` with the place of a mistake, `Busy`, `QueryTimeout`. */
  async page(request: QueryRequest): Promise<QueryPage> {
    const { query: text, pageSize = QUERY_PAGE_DEFAULT, signal } = request;
    const query = parseQuery(text);
    const type = typeOf(query);
    if (isGrouped(query)) {
      if (request.continuation !== undefined) parseContinuation(text, request.continuation);
      const items = await this.#store.groups(query, signal);
      return { items, continuation: undefined, type };
    }
    const start =
      request.continuation === undefined
        ? { after: undefined, left: query.top }
        : parseContinuation(text, request.continuation);
    const left = start.left ?? Number.POSITIVE_INFINITY;
    const limit = Math.min(
      left,
      pageSize,
      type === "raw" ? QUERY_ROWS_PER_PAGE_MAX : QUERY_DOCUMENTS_PER_PAGE_MAX,
    );
    if (limit < 1) return { items: [], continuation: undefined, type };
    const { rows, after } = await this.#store.page(query, { after: start.after, limit, signal });
    const leftNow = left - rows.length;
    const hasMore = after !== undefined && leftNow > 0;
    const continuation = hasMore
      ? formatContinuation(text, { after, left: Number.isFinite(leftNow) ? leftNow : undefined })
      : undefined;
    return { items: rows, continuation, type };
  }

  /** How many rows a query has over all its pages. Throws as `page` does. */
  async count(text: string, signal?: CancelSignal): Promise<number> {
    const query = parseQuery(text);
    if (isGrouped(query)) return (await this.#store.groups(query, signal)).length;
    const counting: Query = {
      ...query,
      top: undefined,
      projections: [{ kind: "aggregate", name: "n", aggregate: { kind: "count" } }],
    };
    const [row] = await this.#store.groups(counting, signal);
    return Math.min(Number(row?.n ?? 0), query.top ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Devices or modules that meet a condition, a batch at a time: those that are there all along are all
   * told, and none is told twice. Throws as `page` does.
   */
  async *identities(
    request: QueryTarget & { readonly signal?: CancelSignal | undefined },
  ): AsyncGenerator<readonly IdentityKey[], void> {
    const { collection, where, signal } = request;
    if (collection === "devices.jobs") {
      throw new HubError("ArgumentInvalid", "Identities are found over devices or devices.modules");
    }
    let after: string | undefined;
    do {
      signal?.throwIfAborted();
      const page = { after, limit: QUERY_KEYS_PER_BATCH, signal };
      const chunk = await this.#store.keys({ collection, where }, page);
      if (chunk.keys.length > 0) yield chunk.keys;
      after = chunk.after;
    } while (after !== undefined);
  }
}

function typeOf(query: Query): QueryResultType {
  if (query.projections !== undefined) return "raw";
  return query.collection === "devices.jobs" ? "deviceJob" : "twin";
}
