import type { StoredBlob } from "./blob.ts";
import type { BlobStore } from "./blob-store.ts";

export interface BlobPageRequest {
  readonly prefix: string;
  /** Names are told only up to its first occurrence after the prefix, each such beginning once. */
  readonly delimiter: string | undefined;
  /** Where the page before ended; empty for the first. */
  readonly marker: string;
  readonly entriesMax: number;
}

export type BlobPageEntry =
  | { readonly kind: "blob"; readonly blob: StoredBlob }
  | { readonly kind: "prefix"; readonly prefix: string };

export interface BlobPage {
  readonly entries: readonly BlobPageEntry[];
  /** Undefined on the last page. */
  readonly nextMarker: string | undefined;
}

/** As many as a listing that skips from folder to folder looks at in vain. */
const LOOK_AHEAD_MAX = 100;
/** Sorts after whatever begins with the text before it. */
const AFTER_ALL = "\u{10ffff}";

/** One page of a container, blobs and folders together in the order of their names. */
export async function listPage(
  store: BlobStore,
  containerName: string,
  { prefix, delimiter, marker, entriesMax }: BlobPageRequest,
): Promise<BlobPage> {
  const entries: BlobPageEntry[] = [];
  let after = marker;
  for (;;) {
    // One more than is wanted, to know whether there is another page.
    const wanted = entriesMax + 1 - entries.length;
    const limit = delimiter === undefined ? wanted : Math.min(wanted, LOOK_AHEAD_MAX);
    const blobs = await store.list({ containerName, prefix, after, limit });
    for (const blob of blobs) {
      const entry = entryOf(blob, prefix, delimiter);
      if (entries.length === entriesMax) return { entries, nextMarker: after };
      entries.push(entry);
      after = entry.kind === "blob" ? blob.address.blobName : `${entry.prefix}${AFTER_ALL}`;
      // What follows may be in the same folder: it is skipped by asking anew.
      if (entry.kind === "prefix") break;
    }
    if (blobs.length < limit && entries.at(-1)?.kind !== "prefix") break;
    if (blobs.length === 0) break;
  }
  return { entries, nextMarker: undefined };
}

function entryOf(blob: StoredBlob, prefix: string, delimiter: string | undefined): BlobPageEntry {
  const { blobName } = blob.address;
  const at = delimiter ? blobName.indexOf(delimiter, prefix.length) : -1;
  if (delimiter === undefined || at < 0) return { kind: "blob", blob };
  return { kind: "prefix", prefix: blobName.slice(0, at + delimiter.length) };
}
