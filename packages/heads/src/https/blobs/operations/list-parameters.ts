import type { BlobRequest } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";

export function includesMetadata({ query }: BlobRequest): boolean {
  return (query.get("include") ?? "").toLowerCase().split(",").includes("metadata");
}

export function maxResultsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new BlobRequestError("InvalidQueryParameterValue", "maxresults is not a number.");
  }
  if (Number(text) >= 1) return Number(text);
  throw new BlobRequestError("OutOfRangeQueryParameterValue", "maxresults must be at least 1.");
}
