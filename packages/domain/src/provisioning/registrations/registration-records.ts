import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import type { Registration, RegistrationOperation } from "./registration.ts";
import type { RegistrationStore } from "./registration-store.ts";

/**
 * How many operations of one registration can be asked about; older ones are forgotten. A device that is in a
 * hurry, or is there twice, must still find the one it was given.
 */
const OPERATIONS_MAX = 32;

export interface RegistrationRecordsParts {
  readonly store: RegistrationStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
}

/** Changes registrations one step at a time, so that whoever else is at work on the same one is noticed. */
export class RegistrationRecords {
  readonly #parts: RegistrationRecordsParts;

  constructor(parts: RegistrationRecordsParts) {
    this.#parts = parts;
  }

  find(registrationId: string): Promise<Registration | undefined> {
    return this.#parts.store.find(registrationId);
  }

  /** Undefined when somebody was faster. */
  async write(
    next: Omit<Registration, "etag" | "updatedAtMs">,
    current: Registration | undefined,
  ): Promise<Registration | undefined> {
    const { store, secrets, clock } = this.#parts;
    const registration = { ...next, etag: secrets.createEtag(), updatedAtMs: clock.now() };
    const outcome = await store.put(registration, current?.etag);
    return outcome === "written" ? registration : undefined;
  }

  /** The holder of a claim changes its registration; undefined when the claim is not its own any more. */
  async amend(
    registrationId: string,
    operationId: string,
    change: (current: Registration) => Partial<Registration>,
  ): Promise<Registration | undefined> {
    for (;;) {
      const current = await this.find(registrationId);
      if (current === undefined || current.claim?.operationId !== operationId) return undefined;
      const written = await this.write({ ...current, ...change(current) }, current);
      // Others may have joined the operation in between.
      if (written !== undefined) return written;
    }
  }

  createOperation(): RegistrationOperation {
    const { secrets, clock, limits } = this.#parts;
    const digits = secrets.createUuid().replaceAll("-", "").slice(0, 16);
    return {
      id: `5.${digits}.${secrets.createUuid()}`,
      expiresAtMs: clock.now() + limits.operationRetentionMs,
    };
  }

  withOperation(
    current: Registration | undefined,
    operation: RegistrationOperation,
  ): readonly RegistrationOperation[] {
    const nowMs = this.#parts.clock.now();
    const known = (current?.operations ?? []).filter(({ expiresAtMs }) => nowMs < expiresAtMs);
    return [...known, operation].slice(-OPERATIONS_MAX);
  }
}
