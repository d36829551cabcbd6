import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { StorageError, toStorageError } from "../../storage-error.ts";
import type { DatabaseKind } from "./database-kind.ts";
import { pagesInWal } from "./wal-pages.ts";

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;

/**
 * Looks at a database from outside before anything opens it, because opening can already change files.
 * Cheap whatever its size: the header, the length, and the frame headers of the write-ahead log, if a crash
 * left one. A file that does not exist is fine. Throws `StorageError`.
 */
export function inspectDatabaseFile(file: string, kind: DatabaseKind): void {
  try {
    const sizeBytes = sizeOf(file);
    const walBytes = sizeOf(`${file}-wal`);
    if (sizeBytes === 0) {
      // SQLite would silently throw away a log without its database.
      if (walBytes > 0) throw damaged(file, "its content is gone");
      return;
    }
    // SQLite would open what it cannot write, and say so at the first write only.
    accessSync(file, constants.R_OK | constants.W_OK);
    const header = readHeader(file);
    const pageBytes = checkHeader(header, file, kind, walBytes > 0);
    checkLength({ file, header, pageBytes, sizeBytes, walBytes });
  } catch (error) {
    throw toStorageError(error, file);
  }
}

function checkHeader(header: Buffer, file: string, kind: DatabaseKind, hasWal: boolean): number {
  if (header.length < HEADER_BYTES || header.toString("latin1", 0, 16) !== MAGIC) {
    throw damaged(file, "it is not a database");
  }
  const pageField = header.readUInt16BE(16);
  const pageBytes = pageField === 1 ? 65_536 : pageField;
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0) {
    throw damaged(file, "its header makes no sense");
  }
  const version = header.readUInt32BE(60);
  const applicationId = header.readUInt32BE(68);
  if (applicationId === kind.applicationId) checkVersion(version, file, kind);
  // The first migration may still be in the log, or not have happened yet.
  else if (applicationId !== 0) throw damaged(file, "it belongs to another program");
  else if (version !== 0 && !hasWal) throw damaged(file, "it belongs to another program");
  return pageBytes;
}

/** Throws `StorageError` for a version this program does not know. */
export function checkVersion(version: number, file: string, kind: DatabaseKind): void {
  const known = kind.migrations.length;
  if (version <= known) return;
  throw new StorageError(
    "newerDatabase",
    `The database '${file}' was written by a newer version of Larimar (its version is ${version}, this one knows up to ${known}).`,
  );
}

interface Length {
  readonly file: string;
  readonly header: Buffer;
  readonly pageBytes: number;
  readonly sizeBytes: number;
  readonly walBytes: number;
}

/** A file shorter than it says must have its missing pages in the log. */
function checkLength({ file, header, pageBytes, sizeBytes, walBytes }: Length): void {
  const pagesPresent = Math.floor(sizeBytes / pageBytes);
  const wal = walBytes > 0 ? pagesInWal(`${file}-wal`) : undefined;
  const pagesWanted = wal?.databasePages ?? header.readUInt32BE(28);
  for (let page = pagesPresent + 1; page <= pagesWanted; page += 1) {
    if (wal?.pages.has(page) !== true) throw damaged(file, "its end is missing");
  }
}

function readHeader(file: string): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

export function damaged(file: string, how: string): StorageError {
  return new StorageError("damaged", `The database '${file}' is damaged: ${how}.`);
}
