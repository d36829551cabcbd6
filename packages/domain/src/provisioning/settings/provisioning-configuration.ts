import type { Secrets } from "../../access/secrets.ts";
import type { EtagCondition } from "../../devices/device-registry.ts";
import type { ProvisioningPolicy } from "../access/provisioning-rights.ts";
import type { LinkedHubSettings } from "../hubs/linked-hub.ts";
import { answersTo } from "../hubs/linked-hub.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { argumentInvalid, ProvisioningError } from "../provisioning-error.ts";
import type { ProvisioningSettings, ProvisioningSettingsStore } from "./provisioning-settings.ts";

/** What may change after creation; absent members stay. */
export interface ProvisioningSettingsChange {
  readonly allocationPolicy?: ProvisioningSettings["allocationPolicy"] | undefined;
  readonly linkedHubs?: readonly LinkedHubSettings[] | undefined;
  readonly policies?: readonly ProvisioningPolicy[] | undefined;
  readonly hostNames?: readonly string[] | undefined;
}

/** The settings as they are now, and how an operator changes them. */
export class ProvisioningConfiguration {
  readonly #store: ProvisioningSettingsStore;
  readonly #secrets: Secrets;
  readonly #limits: ProvisioningLimits;
  #current: ProvisioningSettings;

  constructor(
    current: ProvisioningSettings,
    parts: { store: ProvisioningSettingsStore; secrets: Secrets; limits: ProvisioningLimits },
  ) {
    this.#current = current;
    this.#store = parts.store;
    this.#secrets = parts.secrets;
    this.#limits = parts.limits;
  }

  get current(): ProvisioningSettings {
    return this.#current;
  }

  /** Throws `ArgumentInvalid`, `QuotaExceeded`, `PreconditionFailed`. */
  async change(
    change: ProvisioningSettingsChange,
    condition: EtagCondition = "any",
  ): Promise<ProvisioningSettings> {
    for (;;) {
      const current = (await this.#store.find(this.#current.name)) ?? this.#current;
      if (condition !== "any" && condition.etag !== current.etag) throw preconditionFailed(current);
      const next: ProvisioningSettings = {
        ...current,
        allocationPolicy: change.allocationPolicy ?? current.allocationPolicy,
        linkedHubs: change.linkedHubs ?? current.linkedHubs,
        policies: change.policies ?? current.policies,
        hostNames: change.hostNames ?? current.hostNames,
        etag: this.#secrets.createEtag(),
      };
      this.#check(next);
      if ((await this.#store.put(next, current.etag)) === "conflict") continue;
      this.#current = next;
      return next;
    }
  }

  #check({ linkedHubs, policies }: ProvisioningSettings): void {
    const { linkedHubsMax } = this.#limits;
    if (linkedHubs.length > linkedHubsMax) {
      throw new ProvisioningError("QuotaExceeded", `A service links at most ${linkedHubsMax} hubs`);
    }
    for (const [index, hub] of linkedHubs.entries()) {
      const { hostName, allocationWeight } = hub;
      if (!Number.isInteger(allocationWeight) || allocationWeight < 1 || allocationWeight > 1000) {
        throw argumentInvalid(`The weight of '${hostName}' is a whole number from 1 to 1000`);
      }
      if (linkedHubs.slice(0, index).some((other) => answersTo(other, hostName))) {
        throw argumentInvalid(`'${hostName}' is linked twice`);
      }
    }
    for (const { name, primaryKey, secondaryKey } of policies) {
      if (!this.#secrets.isKey(primaryKey) || !this.#secrets.isKey(secondaryKey)) {
        throw argumentInvalid(`The keys of policy '${name}' are base64 text of 16 to 64 bytes`);
      }
    }
  }
}

function preconditionFailed({ name }: ProvisioningSettings): ProvisioningError {
  return new ProvisioningError(
    "PreconditionFailed",
    `The ETag of provisioning service '${name}' does not match`,
  );
}
