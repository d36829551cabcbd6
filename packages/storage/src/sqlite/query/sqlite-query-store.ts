import type {
  CancelSignal,
  IdentityKey,
  JsonObject,
  Query,
  QueryPageRequest,
  QueryStore,
  QueryTarget,
} from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { hubKey } from "../hub-key.ts";
import type { QueryPool } from "./threads/query-pool.ts";

export class SqliteQueryStore implements QueryStore {
  readonly #pool: QueryPool;
  readonly #hub: string;

  constructor(pool: QueryPool, hubName: string) {
    this.#pool = pool;
    this.#hub = hubKey(hubName);
  }

  async page(
    query: Query,
    { after, limit, signal }: QueryPageRequest,
  ): Promise<{ rows: readonly JsonObject[]; after: string | undefined }> {
    const request = { hub: this.#hub, query, after: checkPlace(after), limit };
    const found = await this.#pool.run("page", request, signal);
    return { rows: parse(found.rows), after: found.after };
  }

  async groups(query: Query, signal?: CancelSignal): Promise<readonly JsonObject[]> {
    const { rows } = await this.#pool.run("groups", { hub: this.#hub, query }, signal);
    return parse(rows);
  }

  async keys(
    target: QueryTarget,
    { after, limit, signal }: QueryPageRequest,
  ): Promise<{ keys: readonly IdentityKey[]; after: string | undefined }> {
    const request = { hub: this.#hub, target, after: checkPlace(after), limit };
    const found = await this.#pool.run("keys", request, signal);
    return { keys: found.keys, after: found.after };
  }
}

/** Throws `ArgumentInvalid`: places come back from clients. */
function checkPlace(after: string | undefined): string | undefined {
  if (after === undefined || /^\d{1,15}$/.test(after)) return after;
  throw new HubError("ArgumentInvalid", "The continuation token cannot be read");
}

function parse(rows: string): readonly JsonObject[] {
  return JSON.parse(rows) as readonly JsonObject[];
}
