import type { QueryResultType } from "@larimar/domain";
import { z } from "zod";
import { AnyJsonObject } from "../json-schema.ts";
import { routeContract } from "./route-contract.ts";

/** (protocol reference: service-facing 2.13) */
export const QueryBody = z.object({ query: z.string() });

/** Pages with `x-ms-max-item-count` and `x-ms-continuation`; `x-ms-item-type` says what the items are. */
export const QueryTwins = routeContract({
  name: "queryTwins",
  method: "POST",
  path: "/devices/query",
  caller: { rights: ["ServiceConnect"] },
  errorForm: "B",
  isApiVersionRequired: true,
  body: { schema: QueryBody, limit: "twinBytesMax" },
  success: { status: 200, schema: z.array(AnyJsonObject) },
});

/** One client reads these with their case. */
const ITEM_TYPES: Readonly<Record<QueryResultType, string>> = {
  twin: "Twin",
  deviceJob: "DeviceJob",
  raw: "Raw",
};

export function formatItemType(type: QueryResultType): string {
  return ITEM_TYPES[type];
}
