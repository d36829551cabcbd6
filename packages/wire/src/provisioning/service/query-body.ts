import { z } from "zod";
import type { Reading } from "../../rest/reading.ts";
import { invalid, read } from "../../rest/reading.ts";

/** (protocol reference: provisioning 7.8) */
export const ProvisioningQueryBody = z.object({ query: z.string() });

export const PAGE_SIZE_HEADER = "x-ms-max-item-count";
export const CONTINUATION_HEADER = "x-ms-continuation";
/** Some clients throw when it is missing. */
export const ITEM_TYPE_HEADER = "x-ms-item-type";

export type ProvisioningItemType = "enrollment" | "enrollmentGroup" | "deviceRegistration";

/** Undefined for what is no number of items; 0 means the service's own. */
export function readPageSize(header: string | undefined): number | undefined {
  if (header === undefined || header === "") return 0;
  return /^\d{1,9}$/.test(header.trim()) ? Number(header) : undefined;
}

/** Opaque to clients; ids have no character that a header or a URL could not carry. */
export function formatContinuation(after: string): string {
  return `after:${after}`;
}

/** Undefined where the first page is asked for. */
export function parseContinuation(header: string | undefined): Reading<string | undefined> {
  if (header === undefined || header === "") return read(undefined);
  const after = /^after:(.{1,128})$/.exec(header)?.[1];
  return after === undefined ? invalid("the continuation is not one of ours") : read(after);
}
