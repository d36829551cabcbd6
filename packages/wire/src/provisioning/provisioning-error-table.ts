import type { ProvisioningErrorCode } from "@larimar/domain";

/** What only a request can do wrong; the domain never hears of it. */
export const PROVISIONING_REQUEST_ERROR_CODES = [
  "ApiVersionMissing",
  "BodyUnreadable",
  "InternalError",
  "MethodNotAllowed",
  "PathNotFound",
  "ScopeNotFound",
] as const;

export type ProvisioningRequestErrorCode = (typeof PROVISIONING_REQUEST_ERROR_CODES)[number];

/** The first three digits are the HTTP status. (protocol reference: provisioning 2.7) */
export const PROVISIONING_ERROR_NUMBERS = {
  ArgumentInvalid: 400_004,
  CertificateInvalid: 401_002,
  CertificateNotFound: 404_203,
  EnrollmentAlreadyExists: 409_001,
  EnrollmentDisabled: 401_002,
  EnrollmentNotFound: 404_201,
  HubCredentialsRefused: 400_209,
  HubUnusable: 400_208,
  OperationFailed: 500_001,
  OperationNotFound: 404_202,
  PayloadTooLarge: 413_001,
  PreconditionFailed: 412_001,
  QuotaExceeded: 403_002,
  RegistrationConflict: 409_203,
  RegistrationNotFound: 404_201,
  ServiceAlreadyExists: 409_000,
  ServiceNotFound: 404_000,
  Throttled: 429_001,
  Unauthorized: 401_002,
  WebhookFailed: 400_207,

  ApiVersionMissing: 400_001,
  BodyUnreadable: 400_012,
  InternalError: 500_001,
  MethodNotAllowed: 405_000,
  PathNotFound: 404_000,
  ScopeNotFound: 401_002,
} as const satisfies Record<ProvisioningErrorCode | ProvisioningRequestErrorCode, number>;

export type ProvisioningErrorName = keyof typeof PROVISIONING_ERROR_NUMBERS;

export function provisioningStatus(code: ProvisioningErrorName): number {
  return Math.floor(PROVISIONING_ERROR_NUMBERS[code] / 1000);
}
