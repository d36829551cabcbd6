import type { Clock } from "../../time/clock.ts";
import type { HubPlace } from "../allocation/allocator.ts";
import type { ProvisioningCrypto } from "../attestation/provisioning-crypto.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import type { ProvisioningObserver } from "../provisioning-observer.ts";
import { isSamePlace } from "./assignment-plan.ts";
import type { Destination, Placement, PlacementWork } from "./placement.ts";
import { attestationOf } from "./registration-attestation.ts";
import type { RegistrationRecords } from "./registration-records.ts";
import type { RegistrationRequest } from "./registration-request.ts";
import { fingerprintOf } from "./registration-request.ts";
import type { RegistrationStore } from "./registration-store.ts";
import type { Registration, RegistrationOperation } from "./registration.ts";
import { isClaimed } from "./registration.ts";

/** Attempts of several registrations of one id to get a word in; the next one is told to come back. */
const START_ATTEMPTS_MAX = 16;

export interface RegistrarParts {
  readonly records: RegistrationRecords;
  readonly store: RegistrationStore;
  readonly placement: Placement;
  readonly crypto: ProvisioningCrypto;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
  readonly observer: ProvisioningObserver;
}

export interface StartedRegistration {
  readonly operationId: string;
  readonly registration: Registration;
}

type Failure = NonNullable<Registration["failure"]>;

/**
 * Takes attested devices to their hubs. A registration is claimed in the store before anything happens in a
 * hub, so that two at the same moment become one identity, and a crash leaves nothing that the next
 * registration would not put right.
 */
export class Registrar implements AsyncDisposable {
  readonly #parts: RegistrarParts;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
  }

  /**
   * Begins a registration, or joins the one that asks for the same. Throws `RegistrationConflict` while another
   * one is under way, `QuotaExceeded`, `Throttled`.
   */
  async start(request: RegistrationRequest): Promise<StartedRegistration> {
    const { records, crypto, clock } = this.#parts;
    const { registrationId } = request.device;
    const operation = records.createOperation();
    const fingerprint = fingerprintOf(request, crypto);
    for (let attempt = 1; attempt <= START_ATTEMPTS_MAX; attempt++) {
      const current = await records.find(registrationId);
      if (current !== undefined && isClaimed(current, clock.now())) {
        if (current.claim?.fingerprint !== fingerprint) throw registrationConflict(registrationId);
        return { operationId: current.claim.operationId, registration: current };
      } else {
        const begun = await this.#begin(request, current, operation, fingerprint);
        if (begun !== undefined) return { operationId: operation.id, registration: begun };
      }
    }
    throw registrationConflict(registrationId);
  }

  /** Settles when no registration is being worked on. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Tries again to delete what devices left behind and could not be deleted when they moved. */
  async sweep(limit: number): Promise<void> {
    const { records, store, placement, clock, limits } = this.#parts;
    for (const found of await store.listWithRemovals(limit)) {
      if (isClaimed(found, clock.now())) continue;
      const operationId = records.createOperation().id;
      const expiresAtMs = clock.now() + limits.operationTimeoutMs;
      const claim = { operationId, expiresAtMs, fingerprint: "", target: found.assignment };
      const claimed = await records.write({ ...found, claim }, found);
      if (claimed === undefined) continue;
      const removals = await placement.removeLeftBehind(claimed, expiresAtMs);
      await records.amend(found.registrationId, operationId, () => ({
        removals,
        claim: undefined,
      }));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.idle();
  }

  /** Undefined when somebody else was faster. */
  async #begin(
    request: RegistrationRequest,
    current: Registration | undefined,
    operation: RegistrationOperation,
    fingerprint: string,
  ): Promise<Registration | undefined> {
    const { records, placement, clock, limits } = this.#parts;
    const { device } = request;
    await this.#checkRoom(current);
    const startedAtMs = clock.now();
    const deadlineAtMs = startedAtMs + limits.operationTimeoutMs;
    const previous = current?.assignment && placement.renamed(current.assignment);
    // Without a webhook to wait for, claim and destination are one write.
    const decided = placement.mustAsk(request, previous)
      ? undefined
      : await this.#decideNow(request, previous);
    const failure = decided !== undefined && "code" in decided ? decided : undefined;
    const destination = decided !== undefined && "target" in decided ? decided : undefined;
    const target = destination?.target;
    const claim = { operationId: operation.id, expiresAtMs: deadlineAtMs, fingerprint, target };
    const registration = await records.write(
      {
        registrationId: current?.registrationId ?? device.registrationId,
        createdAtMs: current?.createdAtMs ?? startedAtMs,
        enrollmentGroupId: device.enrollment.kind === "group" ? device.enrollment.id : undefined,
        attestation: attestationOf(device, current, undefined),
        assignment: previous,
        failure,
        payload: current?.payload,
        operations: records.withOperation(current, operation),
        claim: failure === undefined ? claim : undefined,
        removals: leftBehind(current, previous).map((place) => placement.renamed(place)),
      },
      current,
    );
    if (registration === undefined) return undefined;
    if (failure !== undefined) this.#report(registration, startedAtMs);
    else {
      const work = { request, operationId: operation.id, previous, deadlineAtMs };
      const running = this.#work(work, destination, startedAtMs).finally(() =>
        this.#running.delete(running),
      );
      this.#running.add(running);
    }
    return registration;
  }

  async #decideNow(
    request: RegistrationRequest,
    previous: HubPlace | undefined,
  ): Promise<Destination | Failure> {
    try {
      return await this.#parts.placement.decide(request, previous);
    } catch (error) {
      return this.#failureOf(error, request.device.registrationId);
    }
  }

  async #work(
    work: PlacementWork,
    destination: Destination | undefined,
    startedAtMs: number,
  ): Promise<void> {
    const { registrationId } = work.request.device;
    try {
      const finished = await this.#finish(work, destination);
      if (finished !== undefined) this.#report(finished, startedAtMs);
    } catch (error) {
      // Not even the failure could be recorded; the claim runs out by itself.
      this.#parts.observer.workFailed({ registrationId, error });
    }
  }

  async #finish(
    work: PlacementWork,
    destination: Destination | undefined,
  ): Promise<Registration | undefined> {
    const { placement, records } = this.#parts;
    const { registrationId } = work.request.device;
    try {
      return await placement.place(work, destination ?? (await this.#askAndNote(work)));
    } catch (error) {
      const failure = this.#failureOf(error, registrationId);
      return records.amend(registrationId, work.operationId, () => ({ claim: undefined, failure }));
    }
  }

  async #askAndNote(work: PlacementWork): Promise<Destination> {
    const { placement, records } = this.#parts;
    const { request, operationId, previous } = work;
    const { registrationId } = request.device;
    const destination = await placement.decide(request, previous);
    const noted = await records.amend(registrationId, operationId, ({ claim }) => ({
      claim: claim && { ...claim, target: destination.target },
    }));
    if (noted === undefined) throw registrationConflict(registrationId);
    return destination;
  }

  async #checkRoom(current: Registration | undefined): Promise<void> {
    const { store, limits } = this.#parts;
    if (this.#running.size >= limits.operationsInFlightMax) {
      throw new ProvisioningError("Throttled", "Too many registrations at once; try again later", {
        retryAfterS: limits.retryAfterS,
      });
    }
    if (current === undefined && (await store.count()) >= limits.registrationsMax) {
      throw new ProvisioningError(
        "QuotaExceeded",
        `The service already has ${limits.registrationsMax} registrations`,
      );
    }
  }

  #failureOf(error: unknown, registrationId: string): Failure {
    if (error instanceof ProvisioningError) return { code: error.code, message: error.message };
    this.#parts.observer.workFailed({ registrationId, error });
    return { code: "OperationFailed", message: "Something went wrong on the server" };
  }

  #report(registration: Registration, startedAtMs: number): void {
    const { registrationId, enrollmentGroupId, failure, assignment } = registration;
    const place = failure === undefined ? assignment : undefined;
    this.#parts.observer.registrationFinished({
      registrationId,
      enrollmentGroupId,
      hub: place?.hub,
      deviceId: place?.deviceId,
      substatus: place?.substatus,
      outcome: failure?.code ?? "ok",
      durationMs: this.#parts.clock.now() - startedAtMs,
    });
  }
}

/** What an interrupted registration may have created joins what is to be deleted. */
function leftBehind(
  current: Registration | undefined,
  previous: HubPlace | undefined,
): readonly HubPlace[] {
  const { claim, removals = [] } = current ?? {};
  const target = claim?.target;
  if (target === undefined || (previous !== undefined && isSamePlace(target, previous))) {
    return removals;
  }
  return [...removals, { hub: target.hub, deviceId: target.deviceId }];
}

function registrationConflict(registrationId: string): ProvisioningError {
  return new ProvisioningError("RegistrationConflict", "Precondition failed.", { registrationId });
}
