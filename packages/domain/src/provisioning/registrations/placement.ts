import type { Secrets } from "../../access/secrets.ts";
import type { Allocation, Allocator, HubPlace } from "../allocation/allocator.ts";
import type { ProvisioningCrypto } from "../attestation/provisioning-crypto.ts";
import { hubAuthenticationOf } from "../hubs/hub-authentication.ts";
import type { LinkedHubs } from "../hubs/linked-hub.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import type { ProvisioningObserver } from "../provisioning-observer.ts";
import type { ProvisioningSettings } from "../settings/provisioning-settings.ts";
import { assignInHubs, removeFromHub } from "./assignment.ts";
import type { AssignmentPlan } from "./assignment-plan.ts";
import { isSamePlace, isSticky, planAssignment } from "./assignment-plan.ts";
import type { RegistrationRequest } from "./registration-request.ts";
import { deviceIdOf } from "./registration-request.ts";
import { attestationOf } from "./registration-attestation.ts";
import type { Registration } from "./registration.ts";
import type { RegistrationRecords } from "./registration-records.ts";

export interface PlacementParts {
  readonly records: RegistrationRecords;
  readonly allocator: Allocator;
  readonly hubs: LinkedHubs;
  readonly settings: () => ProvisioningSettings;
  readonly secrets: Secrets;
  readonly crypto: ProvisioningCrypto;
  readonly observer: ProvisioningObserver;
}

/** A claimed registration on its way to a hub. */
export interface PlacementWork {
  readonly request: RegistrationRequest;
  readonly operationId: string;
  readonly previous: HubPlace | undefined;
  readonly deadlineAtMs: number;
}

export interface Destination {
  readonly allocation: Allocation;
  readonly target: HubPlace;
}

/** Finds a device's place and moves it there, every step on record before the next. */
export class Placement {
  readonly #parts: PlacementParts;

  constructor(parts: PlacementParts) {
    this.#parts = parts;
  }

  /** The same place by the name its hub has now. */
  renamed<Place extends HubPlace>(place: Place): Place {
    return this.#parts.allocator.renamed(place);
  }

  /** Whether the destination depends on somebody else's answer. */
  mustAsk({ device }: RegistrationRequest, previous: HubPlace | undefined): boolean {
    if (isSticky(device.enrollment.reprovisionPolicy, previous)) return false;
    return this.#parts.allocator.policyOf(device) === "custom";
  }

  /** Throws `HubUnusable`, `WebhookFailed`. */
  async decide(
    { device, payload }: RegistrationRequest,
    previous: HubPlace | undefined,
  ): Promise<Destination> {
    const { allocator } = this.#parts;
    if (previous === undefined || !isSticky(device.enrollment.reprovisionPolicy, previous)) {
      const allocation = await allocator.allocate({ device, payload, current: previous });
      const target = { hub: allocation.hub.hostName, deviceId: deviceIdOf(device, previous) };
      return { allocation, target };
    }
    const hub = allocator.linked(previous.hub);
    if (hub === undefined) {
      throw new ProvisioningError("HubUnusable", `'${previous.hub}' is not a linked hub any more`);
    }
    return { allocation: { hub }, target: { hub: hub.hostName, deviceId: previous.deviceId } };
  }

  /** Undefined when the claim was lost on the way; nothing is left behind then. */
  async place(
    work: PlacementWork,
    { allocation, target }: Destination,
  ): Promise<Registration | undefined> {
    const { request, previous, deadlineAtMs } = work;
    const { device } = request;
    const { enrollment, proof } = device;
    const { allocator, secrets } = this.#parts;
    const plan = planAssignment({
      previous,
      isPreviousLinked: previous !== undefined && allocator.linked(previous.hub) !== undefined,
      target,
      policy: enrollment.reprovisionPolicy,
      bringsTwin: allocation.initialTwin !== undefined,
    });
    const hubKey = secrets.createKey();
    const sealedKey = proof.type === "tpm" ? this.#seal(proof, hubKey) : undefined;
    const outcome = await assignInHubs(
      {
        plan,
        identity: {
          deviceId: target.deviceId,
          authentication: hubAuthenticationOf(device, hubKey),
          capabilities: enrollment.capabilities,
        },
        initialTwin: allocation.initialTwin ?? enrollment.initialTwin,
        previous,
        deadlineAtMs,
      },
      this.#hubParts(),
    );
    return this.#record(work, plan, outcome, {
      attestation: attestationOf(device, undefined, sealedKey),
      payload: allocation.payload,
    });
  }

  /** Deletes what a device left behind; returns what could not be deleted now. */
  async removeLeftBehind(
    registration: Registration,
    deadlineAtMs: number,
  ): Promise<readonly HubPlace[]> {
    const { registrationId } = registration;
    const left: HubPlace[] = [];
    for (const place of registration.removals) {
      // An unlinked hub is none of the service's business any more.
      if (this.#parts.allocator.linked(place.hub) === undefined) continue;
      try {
        await removeFromHub(place, deadlineAtMs, this.#hubParts());
      } catch (error) {
        this.#parts.observer.workFailed({ registrationId, error });
        left.push(place);
      }
    }
    return left;
  }

  /** First the new place is on record, then the old identity goes, then the claim ends. */
  async #record(
    work: PlacementWork,
    plan: AssignmentPlan,
    outcome: "created" | "updated",
    facts: Pick<Registration, "attestation" | "payload">,
  ): Promise<Registration | undefined> {
    const { records } = this.#parts;
    const { operationId, deadlineAtMs } = work;
    const { registrationId } = work.request.device;
    const recorded = await records.amend(registrationId, operationId, (current) => {
      const removals = removalsAfter(current, plan);
      return {
        ...facts,
        assignment: { ...plan.target, substatus: plan.substatus },
        failure: undefined,
        removals,
        claim: removals.length > 0 ? current.claim : undefined,
      };
    });
    if (recorded === undefined) {
      if (outcome === "created") await this.#withdraw(registrationId, plan.target, deadlineAtMs);
      return undefined;
    }
    if (recorded.claim === undefined) return recorded;
    const removals = await this.removeLeftBehind(recorded, deadlineAtMs);
    return records.amend(registrationId, operationId, () => ({ removals, claim: undefined }));
  }

  /** Too late: whoever registers the device now must not find a second identity. */
  async #withdraw(registrationId: string, place: HubPlace, deadlineAtMs: number): Promise<void> {
    const current = await this.#parts.records.find(registrationId);
    const isWanted = [current?.assignment, current?.claim?.target].some(
      (other) => other !== undefined && isSamePlace(other, place),
    );
    if (!isWanted) await removeFromHub(place, deadlineAtMs, this.#hubParts());
  }

  #seal(keys: { endorsementKey: string; storageRootKey: string }, key: string): string {
    const { endorsementKey, storageRootKey } = keys;
    const sealed = this.#parts.crypto.sealForTpm({ endorsementKey, storageRootKey, key });
    if (sealed !== undefined) return sealed;
    throw new ProvisioningError("OperationFailed", "The TPM's keys cannot be used");
  }

  #hubParts() {
    const { hubs, settings } = this.#parts;
    return { hubs, linkedHubs: () => settings().linkedHubs };
  }
}

function removalsAfter(current: Registration, { target, leaves }: AssignmentPlan): HubPlace[] {
  const places = leaves === undefined ? current.removals : [...current.removals, leaves];
  return places
    .filter((place, at) => places.findIndex((other) => isSamePlace(other, place)) === at)
    .filter((place) => !isSamePlace(place, target))
    .map(({ hub, deviceId }) => ({ hub, deviceId }));
}
