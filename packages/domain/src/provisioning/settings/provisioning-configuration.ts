import type { Secrets } from "../../access/secrets.ts";
import type { EtagCondition } from "../../devices/device-registry.ts";
import type { ProvisioningPolicy } from "../access/provisioning-rights.ts";
import type { LinkedHubSettings } from "../hubs/linked-hub.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import { checkProvisioningSettings } from "./check-provisioning-settings.ts";
import type { ProvisioningSettings, ProvisioningSettingsStore } from "./provisioning-settings.ts";
import { completeProvisioningSettings } from "./provisioning-settings.ts";

/** What may change after creation; absent members stay. */
export interface ProvisioningSettingsChange {
  readonly allocationPolicy?: ProvisioningSettings["allocationPolicy"] | undefined;
  readonly linkedHubs?: readonly LinkedHubSettings[] | undefined;
  readonly policies?: readonly ProvisioningPolicy[] | undefined;
  readonly hostNames?: readonly string[] | undefined;
  readonly resource?: ProvisioningSettings["resource"] | undefined;
  readonly isDeleted?: boolean | undefined;
}

type Decision = (current: ProvisioningSettings) => ProvisioningSettingsChange;

/** The settings as they are now, and how an operator changes them. */
export class ProvisioningConfiguration {
  readonly #store: ProvisioningSettingsStore;
  readonly #secrets: Secrets;
  readonly #limits: ProvisioningLimits;
  readonly #listeners = new Set<() => void>();
  #current: ProvisioningSettings;
  #last: Promise<unknown> = Promise.resolve();

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

  /** Told once of each change, in order. Neither throws nor holds anything up. */
  observe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * What changes may depend on what is there. Throws what `decide` throws, `ArgumentInvalid`, `QuotaExceeded`,
   * `PreconditionFailed`, and `ServiceNotFound` once the service is deleted.
   */
  change(
    decide: ProvisioningSettingsChange | Decision,
    condition: EtagCondition = "any",
  ): Promise<ProvisioningSettings> {
    // One after the other, so that what is in use is always what was stored last.
    const changed = this.#last.then(() => this.#change(decide, condition));
    this.#last = changed.catch(() => undefined);
    return changed;
  }

  async #change(
    decide: ProvisioningSettingsChange | Decision,
    condition: EtagCondition,
  ): Promise<ProvisioningSettings> {
    for (;;) {
      // Of the name there may be another service by now.
      if (this.#current.isDeleted) throw notFound(this.#current);
      const stored = await this.#store.find(this.#current.name);
      if (stored === undefined || stored.isDeleted === true) throw notFound(this.#current);
      const current = completeProvisioningSettings(stored);
      if (condition !== "any" && condition.etag !== current.etag) throw preconditionFailed(current);
      const change = typeof decide === "function" ? decide(current) : decide;
      const next: ProvisioningSettings = {
        ...current,
        allocationPolicy: change.allocationPolicy ?? current.allocationPolicy,
        linkedHubs: change.linkedHubs ?? current.linkedHubs,
        policies: change.policies ?? current.policies,
        hostNames: change.hostNames ?? current.hostNames,
        resource: change.resource ?? current.resource,
        isDeleted: change.isDeleted ?? current.isDeleted,
        etag: this.#secrets.createEtag(),
      };
      checkProvisioningSettings(next, { limits: this.#limits, secrets: this.#secrets });
      if ((await this.#store.put(next, current.etag)) === "conflict") continue;
      this.#current = next;
      for (const listener of this.#listeners) listener();
      return next;
    }
  }
}

function notFound({ name }: ProvisioningSettings): ProvisioningError {
  return new ProvisioningError("ServiceNotFound", `There is no service '${name}'`);
}

function preconditionFailed({ name }: ProvisioningSettings): ProvisioningError {
  return new ProvisioningError(
    "PreconditionFailed",
    `The ETag of provisioning service '${name}' does not match`,
  );
}
