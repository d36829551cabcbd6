import type { ByteRange } from "./blob.ts";
import { BlobError } from "./blob-error.ts";

/** What a client asks for before it is known how long the blob is. */
export type RequestedRange =
  | { readonly firstByte: number; readonly lastByte: number | undefined }
  | { readonly suffixBytes: number };

/** The part of the blob that is meant; throws `InvalidRange` when there is none. */
export function resolveRange(requested: RequestedRange, sizeBytes: number): ByteRange {
  const firstByte =
    "suffixBytes" in requested
      ? Math.max(sizeBytes - requested.suffixBytes, 0)
      : requested.firstByte;
  const lastByte = "suffixBytes" in requested ? undefined : requested.lastByte;
  if (firstByte >= sizeBytes) {
    throw new BlobError(
      "InvalidRange",
      "The range specified is invalid for the current size of the resource.",
    );
  }
  return { firstByte, lastByte: Math.min(lastByte ?? Infinity, sizeBytes - 1) };
}
