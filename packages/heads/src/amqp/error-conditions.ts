import type { HubErrorCode } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { AmqpErrorFields } from "@larimar/wire";

interface Row {
  readonly condition: string;
  /** Of a put-token or management answer. */
  readonly status: number;
}

const row = (condition: string, status: number): Row => ({ condition, status });

/** (protocol reference: service-facing 3.5, 5.11; device-facing 4.11) */
const ROW_BY_CODE = {
  ArgumentInvalid: row("com.microsoft:argument-error", 400),
  BadDeviceResponse: row("amqp:internal-error", 502),
  BlobContainerInvalid: row("com.microsoft:argument-error", 400),
  BlobNotFound: row("amqp:not-found", 404),
  Busy: row("com.microsoft:device-container-throttled", 429),
  CertificateNotFound: row("amqp:not-found", 404),
  ConfigurationAlreadyExists: row("amqp:not-allowed", 409),
  ConfigurationBeingApplied: row("com.microsoft:precondition-failed", 409),
  ConfigurationImmutable: row("com.microsoft:argument-error", 400),
  ConfigurationInvalid: row("com.microsoft:argument-error", 400),
  ConfigurationNotFound: row("amqp:not-found", 404),
  ConsumerGroupNotFound: row("amqp:not-found", 404),
  CorrelationIdExpired: row("com.microsoft:argument-error", 400),
  CorrelationIdUnknown: row("com.microsoft:argument-error", 400),
  DeviceAlreadyExists: row("com.microsoft:device-already-exists", 409),
  DeviceConnectionClosed: row("amqp:not-found", 404),
  DeviceDefinedMultipleTimes: row("com.microsoft:argument-error", 400),
  DeviceDisabled: row("amqp:unauthorized-access", 401),
  DeviceNotFound: row("amqp:not-found", 404),
  DeviceNotOnline: row("amqp:not-found", 404),
  DeviceScopeInvalid: row("com.microsoft:argument-error", 400),
  DeviceTimeout: row("com.microsoft:timeout", 504),
  DigitalTwinPatchInvalid: row("com.microsoft:argument-error", 400),
  DigitalTwinPathInvalid: row("com.microsoft:argument-error", 400),
  EventLogUnavailable: row("amqp:internal-error", 503),
  ExpiryInvalid: row("com.microsoft:argument-error", 400),
  HubAlreadyExists: row("amqp:not-allowed", 409),
  HubNotFound: row("com.microsoft:iot-hub-not-found-error", 404),
  JobAlreadyExists: row("amqp:not-allowed", 409),
  JobNotFound: row("amqp:not-found", 404),
  JobOver: row("amqp:precondition-failed", 412),
  JobQuotaExceeded: row("amqp:resource-limit-exceeded", 403),
  LockLost: row("com.microsoft:message-lock-lost", 412),
  MessageTooLarge: row("amqp:link:message-size-exceeded", 413),
  MetricQueriesInvalid: row("com.microsoft:argument-error", 400),
  ModuleAlreadyExists: row("amqp:not-allowed", 409),
  ModuleNotFound: row("amqp:not-found", 404),
  NotInTier: row("amqp:not-allowed", 403),
  PartitionNotFound: row("amqp:not-found", 404),
  PreconditionFailed: row("com.microsoft:precondition-failed", 412),
  QueryTimeout: row("com.microsoft:timeout", 504),
  QueueFull: row("amqp:resource-limit-exceeded", 403),
  QuotaExceeded: row("amqp:resource-limit-exceeded", 403),
  ReaderDisplaced: row("amqp:link:stolen", 409),
  ReaderQuotaExceeded: row("amqp:resource-limit-exceeded", 403),
  StorageNotConfigured: row("amqp:not-allowed", 400),
  SystemModule: row("amqp:unauthorized-access", 401),
  TargetConditionInvalid: row("com.microsoft:argument-error", 400),
  Throttled: row("com.microsoft:device-container-throttled", 429),
  TooManyCertificates: row("amqp:resource-limit-exceeded", 403),
  TooManyConfigurations: row("amqp:resource-limit-exceeded", 413),
  TooManyDevices: row("amqp:resource-limit-exceeded", 413),
  TooManyHubs: row("amqp:resource-limit-exceeded", 403),
  TooManyJobs: row("amqp:resource-limit-exceeded", 429),
  TooManyMethodsInFlight: row("amqp:resource-limit-exceeded", 403),
  TooManyModules: row("amqp:resource-limit-exceeded", 403),
  TooManyUploads: row("amqp:resource-limit-exceeded", 403),
  TwinTooLarge: row("com.microsoft:argument-error", 400),
  Unauthorized: row("amqp:unauthorized-access", 401),
} as const satisfies Record<HubErrorCode, Row>;

const UNEXPECTED: Row = row("amqp:internal-error", 500);

/** Links in a hub's own address space get texts of this project; nothing internal leaks out. */
export function toAmqpError(error: unknown): AmqpErrorFields {
  return { condition: rowOf(error).condition, description: descriptionOf(error) };
}

export function toStatus(error: unknown): { code: number; condition: string; description: string } {
  const { condition, status } = rowOf(error);
  return { code: status, condition, description: descriptionOf(error) };
}

export function isUnexpected(error: unknown): boolean {
  return !(error instanceof HubError);
}

function rowOf(error: unknown): Row {
  return error instanceof HubError ? ROW_BY_CODE[error.code] : UNEXPECTED;
}

function descriptionOf(error: unknown): string {
  return error instanceof HubError ? error.message : "Something went wrong on the server";
}
