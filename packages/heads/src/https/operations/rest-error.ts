import { HubError } from "@larimar/domain";
import type { REST_ONLY_ERROR_CODES, RestErrorCode } from "@larimar/wire";

/** A request that fails before, or beside, the domain. */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly code: (typeof REST_ONLY_ERROR_CODES)[number];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: (typeof REST_ONLY_ERROR_CODES)[number],
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** The client went away while its request was being read or worked on: nobody is left to answer. */
export class ClientGoneError extends Error {
  override readonly name = "ClientGoneError";
}

export function codeOf(error: unknown): RestErrorCode {
  return error instanceof HubError || error instanceof RestError ? error.code : "InternalError";
}

/** The path names one identity and the body another; perhaps the path can be read in another way. */
export class IdentityMismatchError extends HubError {
  constructor() {
    super("ArgumentInvalid", "The ids in the path and in the body differ");
  }
}
