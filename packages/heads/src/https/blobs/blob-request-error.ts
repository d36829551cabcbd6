import { BlobError, HubError } from "@larimar/domain";
import type { BlobErrorCode } from "@larimar/domain";
import { BLOB_ERROR_STATUSES, type BlobRequestErrorCode } from "@larimar/wire";

/** A request to the blob endpoint that fails before the domain hears of it. */
export class BlobRequestError extends Error {
  override readonly name = "BlobRequestError";
  readonly code: BlobRequestErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: BlobRequestErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

export interface BlobErrorFace {
  readonly status: number;
  readonly code: BlobErrorCode | BlobRequestErrorCode;
  /** What the client is told the code is. */
  readonly name: string;
  readonly message: string;
  /** For the log. */
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Long enough for an operator to make room, short enough for a client to try again. */
const RETRY_AFTER_SECONDS = 5;

/** How a failure looks to the client, and to the operator. */
export function faceOf(error: unknown): BlobErrorFace {
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : undefined;
  const headers = error instanceof BlobRequestError ? error.headers : {};
  const face = { status: BLOB_ERROR_STATUSES[code], code, name: code, reason, headers };
  const message = reason ?? "";
  switch (code) {
    case "AuthenticationFailed":
      // What exactly is wrong with a signature helps whoever forges one.
      return { ...face, message: AUTHENTICATION_FAILED };
    case "NoAuthenticationInformation":
      return { ...face, message, headers: { "www-authenticate": "SharedKey" } };
    case "InternalError":
      return { ...face, message: "Something went wrong on the server" };
    case "NotModified":
      return { ...face, name: "ConditionNotMet", message };
    case "ServerBusy":
      return { ...face, message, headers: { "retry-after": String(RETRY_AFTER_SECONDS) } };
    default:
      return { ...face, message };
  }
}

const AUTHENTICATION_FAILED =
  "Server failed to authenticate the request. Make sure the value of Authorization header is formed " +
  "correctly including the signature.";

function codeOf(error: unknown): BlobErrorFace["code"] {
  if (error instanceof BlobError || error instanceof BlobRequestError) return error.code;
  // Strict servers know no default hub.
  if (error instanceof HubError && error.code === "HubNotFound") return "InvalidUri";
  return "InternalError";
}
