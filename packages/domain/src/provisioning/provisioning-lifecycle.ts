import type { Secrets } from "../access/secrets.ts";
import { withChange } from "../administration/configuration.ts";
import { Lifecycle } from "../administration/lifecycle.ts";
import type { Clock } from "../time/clock.ts";
import { isHubName } from "../hubs/hub-lifecycle.ts";
import type { LiveProvisioningDirectory } from "./provisioning-directory.ts";
import { argumentInvalid, ProvisioningError } from "./provisioning-error.ts";
import type { ProvisioningService } from "./provisioning-service.ts";
import { checkProvisioningSettings } from "./settings/check-provisioning-settings.ts";
import type { ProvisioningSettingsChange } from "./settings/provisioning-configuration.ts";
import type {
  ProvisioningSettings,
  ProvisioningSettingsStore,
} from "./settings/provisioning-settings.ts";
import {
  completeProvisioningSettings,
  createProvisioningSettings,
} from "./settings/provisioning-settings.ts";
import type { ProvisioningLimits } from "./limits/provisioning-limits.ts";

export interface ProvisioningLifecycleParts {
  readonly store: ProvisioningSettingsStore;
  readonly directory: LiveProvisioningDirectory;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
  readonly hostNamesOf: (serviceName: string) => readonly string[];
  readonly open: (settings: ProvisioningSettings) => Promise<ProvisioningService>;
  /** Removes everything of the service but its settings. */
  readonly erase: (serviceName: string) => Promise<void>;
  /** Resolves when clients can find what is there now; what keeps them from it is told elsewhere. */
  readonly published: () => Promise<void>;
}

/** Given what a service begins with. Throws what the creation is refused with. */
type Decision = (fresh: ProvisioningSettings) => ProvisioningSettingsChange;

/** How provisioning services come and go while the server runs, as hubs do. */
export class ProvisioningLifecycle {
  readonly #parts: ProvisioningLifecycleParts;
  readonly #lifecycle: Lifecycle<ProvisioningSettings, ProvisioningService>;

  constructor(parts: ProvisioningLifecycleParts) {
    const { store, directory, limits, open, erase, published } = parts;
    this.#parts = parts;
    this.#lifecycle = new Lifecycle({
      store,
      directory,
      open,
      // Nothing refers to a service.
      unlink: async () => {},
      erase,
      published,
      countMax: limits.servicesMax,
      isBeingDeleted: async (name) => {
        const stored = await store.find(name);
        return stored !== undefined && completeProvisioningSettings(stored).isDeleted;
      },
      refusals: {
        taken: (name) =>
          new ProvisioningError("ServiceAlreadyExists", `There is a service '${name}' already`),
        tooMany: (max) =>
          new ProvisioningError(
            "QuotaExceeded",
            `This server already has ${max} provisioning services`,
          ),
        unknown: (name) =>
          new ProvisioningError("ServiceNotFound", `There is no service '${name}'`),
      },
    });
  }

  get servicesMax(): number {
    return this.#parts.limits.servicesMax;
  }

  /** Whether a name is taken, also by a service that is being removed. */
  isTaken(name: string): Promise<boolean> {
    return this.#lifecycle.isTaken(name);
  }

  /** Throws `ServiceAlreadyExists`, `ArgumentInvalid`, `QuotaExceeded`. */
  create(name: string, decide: Decision = () => ({})): Promise<ProvisioningService> {
    return this.#lifecycle.create(() => this.#decide(name, decide));
  }

  /** Throws `ServiceNotFound`. A deletion that failed on the way is taken up again. */
  delete(name: string): Promise<void> {
    return this.#lifecycle.delete(name);
  }

  #decide(name: string, decide: Decision): ProvisioningSettings {
    const { secrets, clock, limits } = this.#parts;
    if (!isHubName(name)) {
      throw argumentInvalid(`'${name}' is not 1 to 50 letters, digits and inner hyphens`);
    }
    const fresh = createProvisioningSettings(
      { name, hostNames: this.#parts.hostNamesOf(name), linkedHubs: [], nowMs: clock.now() },
      secrets,
    );
    const settings = withChange(fresh, decide(fresh));
    checkProvisioningSettings(settings, { limits, secrets });
    return settings;
  }
}
