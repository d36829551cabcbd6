import { type ErrorForm, REST_ERRORS, type RestErrorRow, errorBody } from "@larimar/wire";
import { type Reply, jsonReply } from "../reply.ts";
import { RestError, codeOf } from "./rest-error.ts";

/** Long enough for a disk to catch up, short enough not to be noticed. */
const RETRY_AFTER_SECONDS = 5;

export interface ErrorContext {
  readonly form: ErrorForm;
  readonly requestId: string;
  readonly nowMs: number;
}

export function errorReply(error: unknown, { form, requestId, nowMs }: ErrorContext): Reply {
  const row: RestErrorRow = REST_ERRORS[codeOf(error)];
  const message = publicMessage(error, row);
  const trackingGuid = requestId.replaceAll("-", "");
  const headers: Record<string, string> = { "iothub-errorcode": row.name };
  if (row.status === 429 || row.status === 503)
    headers["retry-after"] = String(RETRY_AFTER_SECONDS);
  if (error instanceof RestError) Object.assign(headers, error.headers);
  const body = errorBody(form, { error: row, message, trackingGuid, nowMs });
  return jsonReply(row.status, body, headers);
}

/** What is wrong with a token helps whoever forges one; what went wrong in here is for the log. */
function publicMessage(error: unknown, row: RestErrorRow): string {
  if (row.status === 401) return "Unauthorized";
  if (codeOf(error) === "InternalError" || !(error instanceof Error)) {
    return "Something went wrong on the server";
  }
  return error.message;
}
