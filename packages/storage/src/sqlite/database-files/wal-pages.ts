import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

export interface WalPages {
  readonly pages: ReadonlySet<number>;
  /** The size of the database after the last transaction in the log; undefined if there is none. */
  readonly databasePages: number | undefined;
}

/** Which pages the committed part of a write-ahead log holds. (SQLite file format, section 4.1) */
export function pagesInWal(walFile: string): WalPages {
  const descriptor = openSync(walFile, "r");
  try {
    const header = Buffer.alloc(WAL_HEADER_BYTES);
    if (readSync(descriptor, header, 0, WAL_HEADER_BYTES, 0) < WAL_HEADER_BYTES) return NOTHING;
    return readFrames(descriptor, header);
  } finally {
    closeSync(descriptor);
  }
}

const NOTHING: WalPages = { pages: new Set(), databasePages: undefined };

function readFrames(descriptor: number, header: Buffer): WalPages {
  const pageBytes = header.readUInt32BE(8);
  const salts = header.subarray(16, 24);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  const committed = new Set<number>();
  let uncommitted: number[] = [];
  let databasePages: number | undefined;
  const sizeBytes = fstatSync(descriptor).size;
  let at = WAL_HEADER_BYTES;
  // A frame without all of its page was being written when the end came.
  while (at + FRAME_HEADER_BYTES + pageBytes <= sizeBytes) {
    readSync(descriptor, frame, 0, FRAME_HEADER_BYTES, at);
    // Other salts: what follows is left over from before the log was started anew.
    if (!frame.subarray(8, 16).equals(salts)) break;
    uncommitted.push(frame.readUInt32BE(0));
    const pagesAfterCommit = frame.readUInt32BE(4);
    if (pagesAfterCommit > 0) {
      for (const page of uncommitted) committed.add(page);
      uncommitted = [];
      databasePages = pagesAfterCommit;
    }
    at += FRAME_HEADER_BYTES + pageBytes;
  }
  return { pages: committed, databasePages };
}
