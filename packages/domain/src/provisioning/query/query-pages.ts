import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { argumentInvalid } from "../provisioning-error.ts";
import type { QueryValue } from "./query-condition.ts";
import { readQuery } from "./query-condition.ts";

export interface ProvisioningPageRequest {
  /** At most the service's own maximum; absent or 0 means that. */
  readonly limit?: number | undefined;
  /** Where the page before ended. */
  readonly after?: string | undefined;
}

export interface ProvisioningPage<T> {
  readonly items: readonly T[];
  /** Where to go on; undefined at the end. */
  readonly after: string | undefined;
}

const CHUNK_MAX = 500;

/**
 * One page of what matches, in order of id. A condition that matches little does not hold the caller up: after
 * looking at so many rows the page is what was found, and a place to go on.
 */
export async function queryPages<T>(request: {
  readonly text: string;
  readonly page: ProvisioningPageRequest;
  readonly limits: ProvisioningLimits;
  readonly list: (chunk: { after: string | undefined; limit: number }) => Promise<readonly T[]>;
  readonly idOf: (item: T) => string;
  readonly field: (item: T, path: string) => QueryValue;
}): Promise<ProvisioningPage<T>> {
  const { text, page, limits, list, idOf, field } = request;
  if (text.length > limits.queryLengthMax) {
    throw argumentInvalid(`A query has at most ${limits.queryLengthMax} characters`);
  }
  const condition = readQuery(text);
  const wanted = Math.min(page.limit || limits.queryPageMax, limits.queryPageMax);
  const items: T[] = [];
  let after = page.after;
  for (let scanned = 0; scanned < limits.queryScanMax && items.length < wanted;) {
    const limit = Math.min(wanted - items.length, CHUNK_MAX);
    const chunk = await list({ after, limit });
    items.push(...chunk.filter((item) => condition((path) => field(item, path))));
    const last = chunk.at(-1);
    if (last === undefined || chunk.length < limit) return { items, after: undefined };
    after = idOf(last);
    scanned += chunk.length;
  }
  return { items, after };
}
