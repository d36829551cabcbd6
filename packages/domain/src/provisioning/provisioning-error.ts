import type { CaCertificateProblem } from "../certificates/ca-certificates.ts";

/**
 * Every way in which the provisioning service can refuse. The numbers its clients know are the business of
 * `wire`; each head turns them into its protocol.
 */
export const PROVISIONING_ERROR_CODES = [
  "ArgumentInvalid",
  "CertificateInvalid",
  "CertificateNotFound",
  "EnrollmentAlreadyExists",
  "EnrollmentDisabled",
  "EnrollmentNotFound",
  "HubCredentialsRefused",
  "HubUnusable",
  "OperationFailed",
  "OperationNotFound",
  "PayloadTooLarge",
  "PreconditionFailed",
  "QuotaExceeded",
  "RegistrationConflict",
  "RegistrationNotFound",
  "ServiceAlreadyExists",
  "ServiceNotFound",
  "Throttled",
  "Unauthorized",
  "WebhookFailed",
] as const;

export type ProvisioningErrorCode = (typeof PROVISIONING_ERROR_CODES)[number];

export type ProvisioningErrorDetails = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** The one error of the provisioning rules. Callers decide by `code`, never by `message`. */
export class ProvisioningError extends Error {
  override readonly name = "ProvisioningError";
  readonly code: ProvisioningErrorCode;
  readonly details: ProvisioningErrorDetails;

  constructor(
    code: ProvisioningErrorCode,
    message: string,
    details: ProvisioningErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

export function argumentInvalid(message: string): ProvisioningError {
  return new ProvisioningError("ArgumentInvalid", message);
}

/** The shared rules for certificate authorities, in this service's words. */
export function certificateError(
  problem: CaCertificateProblem,
  message: string,
  details?: ProvisioningErrorDetails,
): ProvisioningError {
  const code = problem === "TooManyCertificates" ? "QuotaExceeded" : problem;
  return new ProvisioningError(code, message, details);
}

/** What was wrong stays in the details, for logs: clients are not told which part of a proof failed. */
export function unauthorized(reason: string): ProvisioningError {
  return new ProvisioningError("Unauthorized", "Unauthorized", { reason });
}
