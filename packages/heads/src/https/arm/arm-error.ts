import { HubError, ProvisioningError } from "@larimar/domain";
import { PROVISIONING_ERROR_NUMBERS, REST_ERRORS, provisioningStatus } from "@larimar/wire";
import { type Reply, jsonReply } from "../reply.ts";

export type ArmErrorCode = keyof typeof STATUS_BY_CODE;

/** What is refused here before, or beside, the domain; the names are those of the resource manager. */
const STATUS_BY_CODE = {
  AuthenticationFailed: 401,
  InternalServerError: 500,
  InvalidRequestContent: 400,
  MethodNotAllowed: 405,
  MissingApiVersionParameter: 400,
  PathNotFound: 404,
  PreconditionFailed: 412,
  RequestContentTooLarge: 413,
  ResourceNotFound: 404,
} as const;

export class ArmError extends Error {
  override readonly name = "ArmError";
  readonly code: ArmErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ArmErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

export function resourceNotFound(what: string): ArmError {
  return new ArmError("ResourceNotFound", `${what} was not found.`);
}

/** Clients look for either form, so both are there. (protocol reference: service-facing 7.5) */
export function armErrorReply(error: unknown): Reply {
  const { status, code, message } = describe(error);
  const body = { error: { code, message }, code, httpStatusCode: String(status), message };
  return jsonReply(status, body, error instanceof ArmError ? error.headers : {});
}

export function isUnexpected(error: unknown): boolean {
  return describe(error).status === 500;
}

function describe(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof ArmError) {
    return { status: STATUS_BY_CODE[error.code], code: error.code, message: error.message };
  }
  if (error instanceof HubError) {
    const { status, number } = REST_ERRORS[error.code];
    return { status, code: String(number), message: error.message };
  }
  if (error instanceof ProvisioningError) {
    const number = PROVISIONING_ERROR_NUMBERS[error.code];
    return { status: provisioningStatus(error.code), code: String(number), message: error.message };
  }
  const message = "Something went wrong on the server";
  return { status: 500, code: "InternalServerError", message };
}
