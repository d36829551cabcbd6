import type { EtagCondition } from "../../devices/device-registry.ts";
import type { Clock } from "../../time/clock.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import type { QueryValue } from "../query/query-condition.ts";
import type { ProvisioningPage, ProvisioningPageRequest } from "../query/query-pages.ts";
import { queryPages } from "../query/query-pages.ts";
import type { Registration } from "./registration.ts";
import { statusOf } from "./registration.ts";
import type { RegistrationStore } from "./registration-store.ts";

/** What an operator can see and forget of devices that registered. */
export class Registrations {
  readonly #store: RegistrationStore;
  readonly #clock: Clock;
  readonly #limits: ProvisioningLimits;

  constructor(parts: { store: RegistrationStore; clock: Clock; limits: ProvisioningLimits }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
  }

  /** Throws `RegistrationNotFound`. */
  async get(registrationId: string): Promise<Registration> {
    const found = await this.#store.find(registrationId);
    if (found === undefined) throw registrationNotFound(registrationId);
    return found;
  }

  find(registrationId: string): Promise<Registration | undefined> {
    return this.#store.find(registrationId);
  }

  /** The device in its hub stays as it is. Throws `RegistrationNotFound`, `PreconditionFailed`. */
  async delete(registrationId: string, condition: EtagCondition): Promise<void> {
    const expectedEtag = condition === "any" ? undefined : condition.etag;
    const outcome = await this.#store.delete(registrationId, expectedEtag);
    if (outcome === "missing") throw registrationNotFound(registrationId);
    if (outcome === "conflict") {
      throw new ProvisioningError(
        "PreconditionFailed",
        `The ETag of registration '${registrationId}' does not match`,
        { registrationId },
      );
    }
  }

  /** Throws `ArgumentInvalid` for a query that cannot be read. */
  queryGroup(
    enrollmentGroupId: string,
    text: string,
    page: ProvisioningPageRequest,
  ): Promise<ProvisioningPage<Registration>> {
    const nowMs = this.#clock.now();
    return queryPages({
      text,
      page,
      limits: this.#limits,
      list: (chunk) => this.#store.listOfGroup(enrollmentGroupId, chunk),
      idOf: (registration) => registration.registrationId,
      field: (registration, path) => registrationField(registration, path, nowMs),
    });
  }
}

function registrationField(registration: Registration, path: string, nowMs: number): QueryValue {
  switch (path) {
    case "registrationid":
      return registration.registrationId;
    case "deviceid":
      return registration.assignment?.deviceId;
    case "assignedhub":
      return registration.assignment?.hub;
    case "status":
      return statusOf(registration, nowMs);
    case "substatus":
      return registration.assignment?.substatus;
    case "etag":
      return registration.etag;
    default:
      return undefined;
  }
}

function registrationNotFound(registrationId: string): ProvisioningError {
  return new ProvisioningError(
    "RegistrationNotFound",
    `Registration '${registrationId}' not found`,
    { registrationId },
  );
}
