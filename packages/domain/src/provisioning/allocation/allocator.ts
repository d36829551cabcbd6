import type { JsonValue } from "../../json/json-value.ts";
import type { AttestedDevice } from "../attestation/evidence.ts";
import type { InitialTwin } from "../enrollments/enrollment.ts";
import type { LinkedHubSettings, LinkedHubs } from "../hubs/linked-hub.ts";
import { findLinkedHub } from "../hubs/linked-hub.ts";
import { Gate } from "../limits/gate.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import { provisioningKey } from "../provisioning-ids.ts";
import type { ProvisioningSettings } from "../settings/provisioning-settings.ts";
import type { AllocationPolicy } from "./allocation-policy.ts";
import { candidateHubs } from "./candidates.ts";
import { nearestHubs } from "./nearest-hubs.ts";
import type { AllocationWebhook, WebhookAnswer } from "./webhook.ts";
import { weightedChoice } from "./weighted-choice.ts";

export interface AllocatorParts {
  readonly settings: () => ProvisioningSettings;
  readonly hubs: LinkedHubs;
  readonly webhook: AllocationWebhook;
  readonly limits: ProvisioningLimits;
}

/** Where a device is now. */
export interface HubPlace {
  readonly hub: string;
  readonly deviceId: string;
}

export interface AllocationRequest {
  readonly device: AttestedDevice;
  readonly payload: JsonValue | undefined;
  readonly current: HubPlace | undefined;
}

export interface Allocation {
  readonly hub: LinkedHubSettings;
  /** A webhook's own idea of the device's twin. */
  readonly initialTwin?: InitialTwin | undefined;
  /** A webhook's words for the device. */
  readonly payload?: JsonValue | undefined;
}

/** Decides which linked hub a device goes to. (protocol reference: provisioning 8) */
export class Allocator {
  readonly #parts: AllocatorParts;
  readonly #webhookGate: Gate;

  constructor(parts: AllocatorParts) {
    this.#parts = parts;
    this.#webhookGate = new Gate(parts.limits.webhooksInFlightMax);
  }

  policyOf(device: AttestedDevice): AllocationPolicy {
    const { allocationPolicy, iotHubs, iotHubHostName } = device.enrollment;
    if (allocationPolicy !== undefined) return allocationPolicy;
    // The older contract had no policies: naming one hub is a static assignment.
    if (iotHubs.length === 0 && iotHubHostName !== undefined) return "static";
    return this.#parts.settings().allocationPolicy;
  }

  linked(hostName: string): LinkedHubSettings | undefined {
    return findLinkedHub(this.#parts.settings().linkedHubs, hostName);
  }

  /** The same place by the name its hub has now. */
  renamed<Place extends HubPlace>(place: Place): Place {
    const hub = this.linked(place.hub);
    return hub === undefined ? place : { ...place, hub: hub.hostName };
  }

  /** Throws `HubUnusable` when there is none, `WebhookFailed`. */
  async allocate(request: AllocationRequest): Promise<Allocation> {
    const { device, current } = request;
    const { registrationId, enrollment } = device;
    const candidates = candidateHubs(this.#parts.settings().linkedHubs, enrollment);
    if (candidates.length === 0) throw hubUnusable("No linked hub may take the device");
    const policy = this.policyOf(device);
    switch (policy) {
      case "hashed":
        return { hub: choose(registrationId, candidates) };
      case "geoLatency": {
        const near = nearestHubs(candidates, current?.hub, this.#parts.hubs);
        return { hub: near.kept ?? choose(registrationId, near.candidates) };
      }
      case "static": {
        const [only, ...others] = candidates;
        if (only === undefined || others.length > 0) {
          throw hubUnusable("A static allocation needs exactly one linked hub");
        }
        return { hub: only };
      }
      case "custom":
        return this.#ask(request, candidates);
    }
  }

  async #ask(
    request: AllocationRequest,
    candidates: readonly LinkedHubSettings[],
  ): Promise<Allocation> {
    const answer = await this.#webhookGate.pass(() => this.#call(request, candidates));
    const hub = findLinkedHub(candidates, answer.iotHubHostName);
    if (hub === undefined) {
      throw hubUnusable(
        `The allocation names '${answer.iotHubHostName}', which is not a linked hub`,
      );
    }
    return { hub, initialTwin: answer.initialTwin, payload: answer.payload };
  }

  async #call(
    { device, payload, current }: AllocationRequest,
    candidates: readonly LinkedHubSettings[],
  ): Promise<WebhookAnswer> {
    const { enrollment, registrationId, proof } = device;
    const definition = enrollment.customAllocation;
    if (definition === undefined) {
      throw new ProvisioningError("WebhookFailed", "The enrollment has no allocation webhook");
    }
    const linkedHubs = candidates.map((hub) => hub.hostName);
    const question = { enrollment, registrationId, proof, payload, current, linkedHubs };
    const { webhookAttemptsMax, webhookTimeoutMs } = this.#parts.limits;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#parts.webhook.call(definition, question, webhookTimeoutMs);
      if (outcome.kind === "answer") return outcome.answer;
      if (!outcome.isTransient || attempt >= webhookAttemptsMax) {
        throw new ProvisioningError(
          "WebhookFailed",
          `Custom allocation failed: ${outcome.reason}`,
          { registrationId },
        );
      }
    }
  }
}

function choose(
  registrationId: string,
  candidates: readonly LinkedHubSettings[],
): LinkedHubSettings {
  const choices = candidates.map((hub) => ({
    hub,
    // A hub of this server keeps its devices when it gets another host name.
    name: (hub.hubName ?? hub.hostName).toLowerCase(),
    weight: hub.allocationWeight,
  }));
  const chosen = weightedChoice(provisioningKey(registrationId), choices);
  if (chosen === undefined) throw hubUnusable("No linked hub may take the device");
  return chosen.hub;
}

function hubUnusable(message: string): ProvisioningError {
  return new ProvisioningError("HubUnusable", message);
}
