/**
 * Every way in which the built-in account can refuse. The names are those that clients of Azure Storage know;
 * `wire` has the table from code to status, and `docs/errors.md` lists them all.
 */
export const BLOB_ERROR_CODES = [
  "AuthenticationFailed",
  "AuthorizationPermissionMismatch",
  "BlobAlreadyExists",
  "BlobNotFound",
  "BlockCountExceedsLimit",
  "BlockListTooLong",
  "ConditionNotMet",
  "ContainerAlreadyExists",
  "ContainerNotFound",
  "InvalidBlockList",
  "InvalidRange",
  "InvalidResourceName",
  "Md5Mismatch",
  "MetadataTooLarge",
  "NoAuthenticationInformation",
  "NotModified",
  "RequestBodyTooLarge",
  "ServerBusy",
  "TooManyContainers",
] as const;

export type BlobErrorCode = (typeof BLOB_ERROR_CODES)[number];

/** What the use cases of blobs throw. Callers decide by `code`, never by `message`. */
export class BlobError extends Error {
  override readonly name = "BlobError";
  readonly code: BlobErrorCode;

  constructor(code: BlobErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
