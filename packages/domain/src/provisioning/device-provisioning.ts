import type { JsonValue } from "../json/json-value.ts";
import type { Clock } from "../time/clock.ts";
import type { Attestor } from "./attestation/attestor.ts";
import type {
  AttestedDevice,
  ProvisioningDeviceRequest,
  TpmChallenge,
} from "./attestation/evidence.ts";
import type { ProvisioningLimits } from "./limits/provisioning-limits.ts";
import { RateLimiter } from "./limits/rate-limiter.ts";
import { ProvisioningError, unauthorized } from "./provisioning-error.ts";
import type { ProvisioningObserver } from "./provisioning-observer.ts";
import type { Registrar } from "./registrations/registrar.ts";
import type { Registration, RegistrationStatus } from "./registrations/registration.ts";
import { statusOf } from "./registrations/registration.ts";
import type { RegistrationRecords } from "./registrations/registration-records.ts";

export interface DeviceProvisioningParts {
  readonly attestor: Attestor;
  readonly registrar: Registrar;
  readonly records: RegistrationRecords;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
  readonly observer: ProvisioningObserver;
}

export interface RegisterRequest extends ProvisioningDeviceRequest {
  readonly payload: JsonValue | undefined;
  /** What the whole request weighs. */
  readonly bodyBytes: number;
}

/** How a registration stands, as its device may know. */
export interface ProvisioningOperation {
  readonly kind: "operation";
  readonly operationId: string;
  readonly status: RegistrationStatus;
  readonly registration: Registration;
  /** When to ask again; undefined once there is nothing more to wait for. */
  readonly retryAfterS: number | undefined;
}

/** The device API: prove yourself, register, look how it went. */
export class DeviceProvisioning {
  readonly #parts: DeviceProvisioningParts;
  readonly #rate: RateLimiter;

  constructor(parts: DeviceProvisioningParts) {
    this.#parts = parts;
    const { clock, limits } = parts;
    this.#rate = new RateLimiter(clock, limits.registrationsPerMinuteMax, "registrations");
  }

  /**
   * Tells whether the device may register, without registering it. Throws what `Attestor.attest` throws.
   * A TPM without a token yet gets its challenge.
   */
  async authenticate(
    request: ProvisioningDeviceRequest,
  ): Promise<{ readonly kind: "attested" } | TpmChallenge> {
    const outcome = await this.#attest(request);
    return outcome.kind === "tpmChallenge" ? outcome : { kind: "attested" };
  }

  /**
   * Every registration begins as `assigning`, even when it is as good as done: clients insist on asking once.
   * Throws `PayloadTooLarge`, `Throttled`, `RegistrationConflict`, `QuotaExceeded`, and what attestation throws.
   */
  async register(request: RegisterRequest): Promise<ProvisioningOperation | TpmChallenge> {
    const { limits, registrar } = this.#parts;
    const { payload, bodyBytes, registrationId } = request;
    if (bodyBytes > limits.payloadBytesMax) {
      throw new ProvisioningError(
        "PayloadTooLarge",
        `A registration has at most ${limits.payloadBytesMax} bytes`,
        { registrationId, bodyBytes },
      );
    }
    this.#rate.take();
    const outcome = await this.#attest(request);
    if (outcome.kind === "tpmChallenge") return outcome;
    const started = await registrar.start({ device: outcome.device, payload });
    return {
      kind: "operation",
      ...started,
      status: "assigning",
      retryAfterS: limits.retryAfterS,
    };
  }

  /** Throws `OperationNotFound` for one that never was, is of another device or too long ago. */
  async operation(
    request: ProvisioningDeviceRequest,
    operationId: string,
  ): Promise<ProvisioningOperation> {
    const { records, clock, limits } = this.#parts;
    await this.#attestFully(request);
    const nowMs = clock.now();
    const registration = await records.find(request.registrationId);
    const isKnown = registration?.operations.some(
      ({ id, expiresAtMs }) => id === operationId && nowMs < expiresAtMs,
    );
    if (registration === undefined || isKnown !== true) {
      throw new ProvisioningError("OperationNotFound", "Operation not found", { operationId });
    }
    const status = statusOf(registration, nowMs);
    return {
      kind: "operation",
      operationId,
      status,
      registration,
      retryAfterS: status === "assigning" ? limits.retryAfterS : undefined,
    };
  }

  /** How the device's last registration stands. Throws `RegistrationNotFound`. */
  async registration(request: ProvisioningDeviceRequest): Promise<Registration> {
    await this.#attestFully(request);
    const registration = await this.#parts.records.find(request.registrationId);
    if (registration !== undefined) return registration;
    throw new ProvisioningError("RegistrationNotFound", "Registration not found", {
      registrationId: request.registrationId,
    });
  }

  async #attestFully(request: ProvisioningDeviceRequest): Promise<AttestedDevice> {
    const outcome = await this.#attest(request);
    if (outcome.kind === "tpmChallenge") throw unauthorized("no answer to a challenge");
    return outcome.device;
  }

  async #attest(
    request: ProvisioningDeviceRequest,
  ): Promise<{ readonly kind: "attested"; readonly device: AttestedDevice } | TpmChallenge> {
    const { attestor, observer } = this.#parts;
    const { registrationId, protocol } = request;
    try {
      const outcome = await attestor.attest(request);
      observer.attestationAttempted({
        registrationId,
        protocol,
        outcome: outcome.kind === "tpmChallenge" ? "challenged" : "ok",
        reason: undefined,
      });
      return outcome;
    } catch (error) {
      if (error instanceof ProvisioningError) {
        const reason = error.details["reason"]?.toString();
        observer.attestationAttempted({ registrationId, protocol, outcome: error.code, reason });
      }
      throw error;
    }
  }
}
