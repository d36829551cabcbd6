/** The named limits of a provisioning service. What happens at each is said where it is used. */
export interface ProvisioningLimits {
  /** Services of one server; beyond it, creating another is refused with QuotaExceeded. */
  readonly servicesMax: number;
  /** Beyond these, creating another is refused with QuotaExceeded. */
  readonly individualEnrollmentsMax: number;
  readonly groupsPerAttestationTypeMax: number;
  readonly registrationsMax: number;
  readonly certificatesMax: number;
  readonly linkedHubsMax: number;
  /** A registration's body; larger is refused with PayloadTooLarge. */
  readonly payloadBytesMax: number;
  readonly bulkItemsMax: number;
  readonly queryPageMax: number;
  /** Rows one query call looks at before it answers with what it found and a token. */
  readonly queryScanMax: number;
  readonly queryLengthMax: number;
  /** Beyond these, Throttled with the seconds to wait. */
  readonly registrationsPerMinuteMax: number;
  readonly serviceOperationsPerMinuteMax: number;
  /** Registrations being worked on; the next one is Throttled. */
  readonly operationsInFlightMax: number;
  /** Allocation webhooks called at once; others wait in line, registrations without one do not. */
  readonly webhooksInFlightMax: number;
  readonly webhookTimeoutMs: number;
  readonly webhookAttemptsMax: number;
  /** After this long a registration that has not finished counts as failed. */
  readonly operationTimeoutMs: number;
  /** How long an operation can be asked about. */
  readonly operationRetentionMs: number;
  /** What clients are asked to wait before they look again. */
  readonly retryAfterS: number;
  /** TPM challenges waiting for an answer; the oldest is forgotten first. */
  readonly tpmChallengesMax: number;
  readonly tpmChallengeLifetimeMs: number;
}

/**
 * The hosted service's figures for what is stored. Its rates (1000 registrations and 1000 service calls a
 * minute) protect a shared service; here they only have to protect one machine.
 */
export const DEFAULT_PROVISIONING_LIMITS: ProvisioningLimits = {
  servicesMax: 100,
  individualEnrollmentsMax: 1_000_000,
  groupsPerAttestationTypeMax: 100,
  registrationsMax: 1_000_000,
  certificatesMax: 25,
  linkedHubsMax: 50,
  payloadBytesMax: 96 * 1024,
  bulkItemsMax: 10,
  queryPageMax: 1000,
  queryScanMax: 20_000,
  queryLengthMax: 8192,
  registrationsPerMinuteMax: 60_000,
  serviceOperationsPerMinuteMax: 60_000,
  operationsInFlightMax: 20_000,
  webhooksInFlightMax: 64,
  webhookTimeoutMs: 5000,
  webhookAttemptsMax: 2,
  operationTimeoutMs: 45_000,
  operationRetentionMs: 10 * 60 * 1000,
  retryAfterS: 3,
  tpmChallengesMax: 10_000,
  tpmChallengeLifetimeMs: 5 * 60 * 1000,
};
