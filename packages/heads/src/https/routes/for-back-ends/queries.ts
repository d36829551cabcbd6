import type { IncomingHttpHeaders } from "node:http";
import { HubError } from "@larimar/domain";
import {
  CONTINUATION_HEADER,
  ITEM_TYPE_HEADER,
  PAGE_SIZE_HEADER,
  QueryTwins,
  formatItemType,
  readPageSize,
} from "@larimar/wire";
import { route } from "../../operations/route.ts";

export const queryRoutes = [
  route(QueryTwins, async ({ hub, body, headers, signal }) => {
    const page = await hub.queries.page({ query: body.query, ...pageOf(headers), signal });
    return {
      status: 200,
      body: page.items,
      headers: {
        [ITEM_TYPE_HEADER]: formatItemType(page.type),
        // Clients loop on a continuation that is empty, so the last page has none.
        ...(page.continuation !== undefined && { [CONTINUATION_HEADER]: page.continuation }),
      },
    };
  }),
];

function pageOf(headers: IncomingHttpHeaders): { pageSize?: number; continuation?: string } {
  const pageSize = readPageSize(headers[PAGE_SIZE_HEADER]?.toString());
  if (pageSize === undefined)
    throw new HubError("ArgumentInvalid", "The page size is not a number");
  const continuation = headers[CONTINUATION_HEADER]?.toString();
  return { ...(pageSize > 0 && { pageSize }), ...(continuation && { continuation }) };
}
