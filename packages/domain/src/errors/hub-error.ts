/**
 * Every way in which a use case can refuse. The names are the ones clients of IoT Hub know; each head
 * owns one table from code to its protocol, and `docs/errors.md` lists them all.
 */
export const HUB_ERROR_CODES = [
  "ArgumentInvalid",
  "BadDeviceResponse",
  "BlobContainerInvalid",
  "BlobNotFound",
  "Busy",
  "CertificateNotFound",
  "ConfigurationAlreadyExists",
  "ConfigurationBeingApplied",
  "ConfigurationImmutable",
  "ConfigurationInvalid",
  "ConfigurationNotFound",
  "ConsumerGroupNotFound",
  "CorrelationIdExpired",
  "CorrelationIdUnknown",
  "DeviceAlreadyExists",
  "DeviceConnectionClosed",
  "DeviceDefinedMultipleTimes",
  "DeviceDisabled",
  "DeviceNotFound",
  "DeviceNotOnline",
  "DeviceScopeInvalid",
  "DeviceTimeout",
  "DigitalTwinPatchInvalid",
  "DigitalTwinPathInvalid",
  "EventLogUnavailable",
  "ExpiryInvalid",
  "HubAlreadyExists",
  "HubNotFound",
  "JobAlreadyExists",
  "JobNotFound",
  "JobOver",
  "JobQuotaExceeded",
  "LockLost",
  "MessageTooLarge",
  "MetricQueriesInvalid",
  "ModuleAlreadyExists",
  "ModuleNotFound",
  "NotInTier",
  "PartitionNotFound",
  "PreconditionFailed",
  "QueryTimeout",
  "QueueFull",
  "QuotaExceeded",
  "ReaderDisplaced",
  "ReaderQuotaExceeded",
  "StorageNotConfigured",
  "SystemModule",
  "TargetConditionInvalid",
  "Throttled",
  "TooManyCertificates",
  "TooManyConfigurations",
  "TooManyDevices",
  "TooManyHubs",
  "TooManyJobs",
  "TooManyMethodsInFlight",
  "TooManyModules",
  "TooManyUploads",
  "TwinTooLarge",
  "Unauthorized",
] as const;

export type HubErrorCode = (typeof HUB_ERROR_CODES)[number];

export type HubErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** The one error the domain throws. Callers decide by `code`, never by `message`. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly code: HubErrorCode;
  readonly details: HubErrorDetails;

  constructor(
    code: HubErrorCode,
    message: string,
    details: HubErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}
