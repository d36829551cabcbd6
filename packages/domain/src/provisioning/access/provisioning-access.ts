import type { SasToken } from "../../access/credentials.ts";
import { covers, isExpired, isSignedWithOneOf } from "../../access/sas-verification.ts";
import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { RateLimiter } from "../limits/rate-limiter.ts";
import { unauthorized } from "../provisioning-error.ts";
import type { ProvisioningSettings } from "../settings/provisioning-settings.ts";
import type { ProvisioningRight } from "./provisioning-rights.ts";
import { grantsProvisioning } from "./provisioning-rights.ts";

export interface ProvisioningAccessParts {
  readonly settings: () => ProvisioningSettings;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
}

export interface ProvisioningServiceRequest {
  readonly token: SasToken | undefined;
  readonly right: ProvisioningRight;
  /** The path in use, without the host. */
  readonly resource: readonly string[];
}

/** Who may use the service API. Devices prove themselves to enrollments instead. */
export class ProvisioningAccess {
  readonly #parts: ProvisioningAccessParts;
  readonly #rate: RateLimiter;

  constructor(parts: ProvisioningAccessParts) {
    this.#parts = parts;
    const { serviceOperationsPerMinuteMax } = parts.limits;
    this.#rate = new RateLimiter(parts.clock, serviceOperationsPerMinuteMax, "service operations");
  }

  /**
   * Throws `Unauthorized` for a missing, expired or forged token, a missing right, or too narrow a scope, and
   * `Throttled`.
   */
  authorize(request: ProvisioningServiceRequest): { readonly policyName: string } {
    const { token, right, resource } = request;
    const { settings, clock, secrets } = this.#parts;
    if (token === undefined) throw unauthorized("no token");
    if (isExpired(token, clock.now())) throw unauthorized("the token has expired");
    const policy = settings().policies.find(({ name }) => name === token.policyName);
    const keys = policy === undefined ? [] : [policy.primaryKey, policy.secondaryKey];
    if (policy === undefined || !isSignedWithOneOf(token, keys, ["base64"], secrets)) {
      throw unauthorized("the token is not signed with a key of a policy of this service");
    }
    if (!grantsProvisioning(policy.rights, right)) {
      throw unauthorized(`policy '${policy.name}' does not grant ${right}`);
    }
    if (!token.resourceReadings.some((reading) => covers(reading.slice(1), resource))) {
      throw unauthorized("the token's resource does not cover the one in use");
    }
    this.#rate.take();
    return { policyName: policy.name };
  }
}
