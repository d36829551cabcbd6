import type { StoredBlob } from "./blob.ts";
import { BlobError } from "./blob-error.ts";
import type { ExpectedBlob } from "./blob-store.ts";

/** What a client expects of the blob before it reads or writes. ETags have no quotes; `*` is any. */
export interface BlobConditions {
  readonly ifMatch: readonly string[] | undefined;
  readonly ifNoneMatch: readonly string[] | undefined;
  readonly ifModifiedSinceMs: number | undefined;
  readonly ifUnmodifiedSinceMs: number | undefined;
}

/** Throws `ConditionNotMet` and `NotModified`. */
export function checkReadConditions(conditions: BlobConditions, blob: StoredBlob): void {
  if (!mayBe(conditions, blob)) throw conditionNotMet();
  if (isAmong(conditions.ifNoneMatch, blob)) throw notModified();
  // With an ETag to go by, the coarser time does not count. [RFC 9110 13.1.3]
  if (conditions.ifNoneMatch === undefined && isUnchangedSince(conditions, blob)) {
    throw notModified();
  }
}

/** What the store is to insist on; throws `ConditionNotMet` and `BlobAlreadyExists` when it would be in vain. */
export function checkWriteConditions(
  conditions: BlobConditions,
  blob: StoredBlob | undefined,
): ExpectedBlob {
  const { ifMatch, ifNoneMatch } = conditions;
  if (blob === undefined) {
    if (ifMatch !== undefined) throw conditionNotMet();
    return ifNoneMatch === undefined ? "anything" : "nothing";
  }
  if (ifNoneMatch?.includes("*")) {
    throw new BlobError("BlobAlreadyExists", "The specified blob already exists.");
  }
  const isUnwanted = isAmong(ifNoneMatch, blob) || isUnchangedSince(conditions, blob);
  if (isUnwanted || !mayBe(conditions, blob)) throw conditionNotMet();
  return Object.values(conditions).every((condition) => condition === undefined)
    ? "anything"
    : { etag: blob.etag };
}

function mayBe({ ifMatch, ifUnmodifiedSinceMs }: BlobConditions, blob: StoredBlob): boolean {
  if (ifMatch !== undefined) return isAmong(ifMatch, blob);
  return ifUnmodifiedSinceMs === undefined || wholeSeconds(blob) <= ifUnmodifiedSinceMs;
}

function isAmong(etags: readonly string[] | undefined, blob: StoredBlob): boolean {
  return etags?.some((etag) => etag === "*" || etag === blob.etag) === true;
}

function isUnchangedSince({ ifModifiedSinceMs }: BlobConditions, blob: StoredBlob): boolean {
  return ifModifiedSinceMs !== undefined && wholeSeconds(blob) <= ifModifiedSinceMs;
}

/** Dates in headers have no fractions. */
function wholeSeconds(blob: StoredBlob): number {
  return Math.floor(blob.lastModifiedMs / 1000) * 1000;
}

export function conditionNotMet(): BlobError {
  return new BlobError(
    "ConditionNotMet",
    "The condition specified using HTTP conditional header(s) is not met.",
  );
}

function notModified(): BlobError {
  return new BlobError("NotModified", "The blob is as it was.");
}
