import type { CloseReason, HubErrorCode } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { MqttError } from "@larimar/wire";

type LogLevel = "info" | "warn" | "error";

/** Why the server closes a connection, and whose matter that is: the log level says it. */
const LEVEL_BY_REASON = {
  takenOver: "info",
  credentialsChanged: "info",
  faultInjected: "info",
  tokenExpired: "info",
  identityDisabled: "info",
  identityDeleted: "info",
  shutdown: "info",
  connectTimeout: "info",
  keepAliveTimeout: "info",
  connectRefused: "warn",
  malformedPacket: "warn",
  packetTooLarge: "warn",
  unexpectedPacket: "warn",
  qos2Refused: "warn",
  foreignTopic: "warn",
  unknownTopic: "warn",
  messageTooLarge: "warn",
  throttled: "warn",
  quotaExceeded: "warn",
  unauthorized: "warn",
  outgoingBytesExceeded: "warn",
  eventLogUnavailable: "warn",
  internalError: "error",
} as const satisfies Record<CloseReason, LogLevel> & Record<string, LogLevel>;

export type MqttCloseReason = keyof typeof LEVEL_BY_REASON;

export function logLevelOf(reason: MqttCloseReason): LogLevel {
  return LEVEL_BY_REASON[reason];
}

/** A client did what IoT Hub answers by closing the connection. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly reason: MqttCloseReason;

  constructor(reason: MqttCloseReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

const REASON_BY_ERROR: Partial<Record<HubErrorCode, MqttCloseReason>> = {
  EventLogUnavailable: "eventLogUnavailable",
  MessageTooLarge: "messageTooLarge",
  QuotaExceeded: "quotaExceeded",
  Throttled: "throttled",
  Unauthorized: "unauthorized",
};

export function closeReasonOf(error: unknown): MqttCloseReason {
  if (error instanceof Violation) return error.reason;
  if (error instanceof MqttError) return error.code;
  const known = error instanceof HubError ? REASON_BY_ERROR[error.code] : undefined;
  return known ?? "internalError";
}

/** What the log may know of a failure: our own texts never hold a client's bytes, others' are for errors. */
export function describeFailure(error: unknown): object {
  if (error === undefined) return {};
  const isExpected = closeReasonOf(error) !== "internalError";
  return isExpected && error instanceof Error ? { detail: error.message } : { err: error };
}
