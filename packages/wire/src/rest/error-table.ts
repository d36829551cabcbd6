import type { HubErrorCode } from "@larimar/domain";

/** What only a REST request can do wrong; the domain never hears of it. */
export const REST_ONLY_ERROR_CODES = [
  "ApiVersionMissing",
  "BodyMissing",
  "BodyTooLarge",
  "BodyUnreadable",
  "InternalError",
  "MethodNotAllowed",
  "PathNotFound",
  "PolicyKeyInvalid",
  "UploadResultInvalid",
] as const;

export type RestErrorCode = HubErrorCode | (typeof REST_ONLY_ERROR_CODES)[number];

export interface RestErrorRow {
  /** The HTTP status. */
  readonly status: number;
  /** What clients know the error by. (protocol reference: service-facing 3.4) */
  readonly number: number;
  /** The name clients expect beside the number, in `iothub-errorcode` and in the text of form A. */
  readonly name: string;
}

export const REST_ERRORS = {
  ArgumentInvalid: row(400, 400_004, "ArgumentInvalid"),
  BadDeviceResponse: row(502, 502_000, "GenericBadGateway"),
  BlobContainerInvalid: row(400, 400_008, "BlobContainerValidationError"),
  BlobNotFound: row(400, 400_020, "InvalidStorageEndpointOrBlob"),
  Busy: row(503, 503_005, "ServerBusy"),
  CertificateNotFound: row(404, 404_000, "GenericNotFound"),
  ConfigurationAlreadyExists: row(409, 409_401, "ConfigurationAlreadyExists"),
  ConfigurationBeingApplied: row(409, 409_402, "ApplyConfigurationAlreadyInProgressOnDevice"),
  ConfigurationImmutable: row(400, 400_403, "CannotModifyImmutableConfigurationContent"),
  ConfigurationInvalid: row(400, 400_402, "InvalidConfigurationContent"),
  ConfigurationNotFound: row(404, 404_301, "ConfigurationNotFound"),
  ConsumerGroupNotFound: row(404, 404_000, "GenericNotFound"),
  CorrelationIdExpired: row(400, 400_016, "ExpiredFileUploadCorrelationId"),
  CorrelationIdUnknown: row(400, 400_015, "InvalidFileUploadCorrelationId"),
  DeviceAlreadyExists: row(409, 409_001, "DeviceAlreadyExists"),
  DeviceConnectionClosed: row(404, 404_104, "DeviceConnectionClosedRemotely"),
  DeviceDefinedMultipleTimes: row(400, 400_011, "DeviceDefinedMultipleTimes"),
  // Device SDKs read 403 as a quota and try again; for a disabled identity that is in vain.
  DeviceDisabled: row(401, 401_003, "IotHubUnauthorized"),
  DeviceNotFound: row(404, 404_001, "DeviceNotFound"),
  DeviceNotOnline: row(404, 404_103, "DeviceNotOnline"),
  DeviceScopeInvalid: row(400, 400_028, "InvalidDeviceScope"),
  DeviceTimeout: row(504, 504_101, "GatewayTimeout"),
  DigitalTwinPatchInvalid: row(400, 400_505, "InvalidDigitalTwinJsonPatch"),
  DigitalTwinPathInvalid: row(400, 400_508, "InvalidDigitalTwinPatchPath"),
  EventLogUnavailable: row(503, 503_001, "ServiceUnavailable"),
  ExpiryInvalid: row(403, 403_009, "InvalidMessageExpiryTime"),
  HubAlreadyExists: row(409, 409_000, "GenericConflict"),
  // Clients look for this name under 404, whatever the number says.
  HubNotFound: row(404, 401_001, "IotHubNotFound"),
  JobAlreadyExists: row(409, 409_104, "JobAlreadyExists"),
  JobNotFound: row(404, 404_002, "JobNotFound"),
  JobOver: row(412, 412_003, "JobRunPreconditionFailed"),
  JobQuotaExceeded: row(403, 403_003, "JobQuotaExceeded"),
  LockLost: row(412, 412_002, "DeviceMessageLockLost"),
  MessageTooLarge: row(413, 413_001, "MessageTooLarge"),
  MetricQueriesInvalid: row(400, 400_404, "InvalidConfigurationCustomMetricsQuery"),
  ModuleAlreadyExists: row(409, 409_301, "ModuleAlreadyExistsOnDevice"),
  ModuleNotFound: row(404, 404_010, "ModuleNotFound"),
  NotInTier: row(403, 403_010, "OperationNotAvailableInCurrentTier"),
  PartitionNotFound: row(404, 404_000, "GenericNotFound"),
  PreconditionFailed: row(412, 412_001, "PreconditionFailed"),
  QueryTimeout: row(504, 504_101, "GatewayTimeout"),
  QueueFull: row(403, 403_004, "DeviceMaximumQueueDepthExceeded"),
  QuotaExceeded: row(403, 403_002, "IotHubQuotaExceeded"),
  ReaderDisplaced: row(409, 409_000, "GenericConflict"),
  ReaderQuotaExceeded: row(429, 429_000, "GenericTooManyRequests"),
  StorageNotConfigured: row(400, 400_014, "DefaultStorageEndpointNotConfigured"),
  SystemModule: row(401, 401_100, "SystemModuleModifyUnauthorizedAccess"),
  TargetConditionInvalid: row(400, 400_401, "InvalidConfigurationTargetCondition"),
  Throttled: row(429, 429_002, "ThrottleBacklogLimitExceeded"),
  TooManyCertificates: row(403, 403_000, "GenericForbidden"),
  TooManyConfigurations: row(413, 413_101, "ConfigurationCountLimitExceeded"),
  TooManyDevices: row(413, 413_002, "TooManyDevices"),
  TooManyHubs: row(403, 403_000, "GenericForbidden"),
  TooManyJobs: row(429, 429_004, "ThrottlingMaxActiveJobCountExceeded"),
  TooManyMethodsInFlight: row(403, 403_800, "DeviceMaximumInflightMethodExceeded"),
  TooManyModules: row(413, 413_003, "TooManyModulesOnDevice"),
  TooManyUploads: row(403, 403_006, "DeviceMaximumActiveFileUploadLimitExceeded"),
  TwinTooLarge: row(400, 400_004, "ArgumentInvalid"),
  Unauthorized: row(401, 401_002, "IotHubUnauthorizedAccess"),

  ApiVersionMissing: row(400, 400_001, "InvalidProtocolVersion"),
  BodyMissing: row(400, 400_005, "ArgumentNull"),
  BodyTooLarge: row(413, 413_000, "GenericRequestEntityTooLarge"),
  BodyUnreadable: row(400, 400_012, "DeserializationError"),
  InternalError: row(500, 500_001, "ServerError"),
  MethodNotAllowed: row(405, 405_000, "GenericMethodNotAllowed"),
  PathNotFound: row(404, 404_000, "GenericNotFound"),
  PolicyKeyInvalid: row(400, 400_035, "InvalidPolicyKey"),
  UploadResultInvalid: row(400, 400_019, "InvalidFileUploadCompletionStatus"),
} as const satisfies Record<RestErrorCode, RestErrorRow>;

function row(status: number, number: number, name: string): RestErrorRow {
  return { status, number, name };
}
