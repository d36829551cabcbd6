/**
 * Why a store cannot be opened or written: `damaged` and `newerDatabase` are about its content, `notWritable`
 * and `full` about the disk, `inUse` about another server, `failed` is anything else the system reports.
 */
export type StorageErrorCode =
  | "damaged"
  | "failed"
  | "full"
  | "inUse"
  | "newerDatabase"
  | "notWritable";

/** The one error of this package. Its message is one sentence that an operator can act on. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Puts what the driver or the file system threw into words; `file` is what was being used. */
export function toStorageError(error: unknown, file: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(code, `${describe(code, file)} (${reason}).`, { cause: error });
}

function codeOf(error: unknown): StorageErrorCode {
  const systemCode = String((error as { code?: unknown } | null)?.code);
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(systemCode)) return "damaged";
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(systemCode)) return "inUse";
  if (/^(?:SQLITE_FULL|ENOSPC|EDQUOT)/.test(systemCode)) return "full";
  if (
    /^(?:SQLITE_(?:CANTOPEN|READONLY|PERM)|EACCES|EPERM|EROFS|ENOTDIR|EISDIR|EEXIST)/.test(
      systemCode,
    )
  ) {
    return "notWritable";
  }
  return "failed";
}

function describe(code: StorageErrorCode, file: string): string {
  switch (code) {
    case "damaged":
      return `The database '${file}' is damaged`;
    case "full":
      return `There is no room left to write '${file}'`;
    case "inUse":
      return `'${file}' is in use by another server`;
    case "newerDatabase":
      return `The database '${file}' was written by a newer version of Larimar`;
    case "notWritable":
      return `'${file}' cannot be written`;
    case "failed":
      return `'${file}' cannot be used`;
  }
}
