import { formatTrackingTime } from "./timestamps.ts";
import type { RestErrorRow } from "./error-table.ts";

/**
 * Registry operations and devices are told of errors in form A, twins, methods, queries, jobs and digital
 * twins in form B: clients of each look for their own. (protocol reference: service-facing 3.2)
 */
export type ErrorForm = "A" | "B";

export interface ErrorReport {
  readonly error: RestErrorRow;
  readonly message: string;
  /** 32 hexadecimal digits, the same as in the log line. */
  readonly trackingGuid: string;
  readonly nowMs: number;
}

export interface ErrorBody {
  readonly Message: string;
  readonly ExceptionMessage: string;
}

export function errorBody(form: ErrorForm, report: ErrorReport): ErrorBody {
  if (form === "B") return { Message: errorDescription(report), ExceptionMessage: "" };
  // Clients split at semicolons, so the text must not bring another one.
  const text = report.message.replaceAll(";", ",");
  return {
    Message: `ErrorCode:${report.error.name};${text}`,
    ExceptionMessage: `Tracking ID:${trackingId(report)}`,
  };
}

/** The inner text of form B; AMQP errors carry it as their description. */
export function errorDescription(report: ErrorReport): string {
  return JSON.stringify({
    errorCode: report.error.number,
    trackingId: trackingId(report),
    message: report.message,
    timestampUtc: new Date(report.nowMs).toISOString(),
  });
}

export function trackingId({ trackingGuid, nowMs }: ErrorReport): string {
  return `${trackingGuid}-G:0-TimeStamp:${formatTrackingTime(nowMs)}`;
}
