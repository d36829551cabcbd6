import type { Secrets } from "../access/secrets.ts";
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
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ProvisioningLifecycleParts) {
    this.#parts = parts;
  }

  get servicesMax(): number {
    return this.#parts.limits.servicesMax;
  }

  /** Whether a name is taken, also by a service that is being removed. */
  async isTaken(name: string): Promise<boolean> {
    return (await this.#parts.store.find(name)) !== undefined;
  }

  /** Throws `ServiceAlreadyExists`, `ArgumentInvalid`, `QuotaExceeded`. */
  create(name: string, decide: Decision = () => ({})): Promise<ProvisioningService> {
    return this.#inTurn(() => this.#create(name, decide));
  }

  /** Throws `ServiceNotFound`. A deletion that failed on the way is taken up again. */
  delete(name: string): Promise<void> {
    return this.#inTurn(() => this.#delete(name));
  }

  async #create(name: string, decide: Decision): Promise<ProvisioningService> {
    const { store, directory, secrets, clock, limits, open, published } = this.#parts;
    if (!isHubName(name)) {
      throw argumentInvalid(`'${name}' is not 1 to 50 letters, digits and inner hyphens`);
    }
    const fresh = createProvisioningSettings(
      { name, hostNames: this.#parts.hostNamesOf(name), linkedHubs: [], nowMs: clock.now() },
      secrets,
    );
    const settings: ProvisioningSettings = {
      ...fresh,
      ...(Object.fromEntries(
        Object.entries(decide(fresh)).filter(([, value]) => value !== undefined),
      ) as Partial<ProvisioningSettings>),
    };
    checkProvisioningSettings(settings, { limits, secrets });
    if (await this.isTaken(name)) throw alreadyExists(name);
    if (directory.list().length >= limits.servicesMax) {
      throw new ProvisioningError(
        "QuotaExceeded",
        `This server already has ${limits.servicesMax} provisioning services`,
      );
    }
    await this.#parts.erase(name);
    if ((await store.put(settings, undefined)) === "conflict") throw alreadyExists(name);
    let service: ProvisioningService;
    try {
      service = await open(settings);
    } catch (error) {
      await store.delete(name);
      throw error;
    }
    directory.add(service);
    await published();
    return service;
  }

  async #delete(name: string): Promise<void> {
    const { store, directory, erase, published } = this.#parts;
    const service = directory.find(name);
    if (service !== undefined) {
      await service.configuration.change({ isDeleted: true });
      directory.remove(service);
      await service[Symbol.asyncDispose]();
    } else {
      const stored = await store.find(name);
      if (stored === undefined || !completeProvisioningSettings(stored).isDeleted) {
        throw new ProvisioningError("ServiceNotFound", `There is no service '${name}'`);
      }
    }
    await erase(name);
    await store.delete(name);
    await published();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function alreadyExists(name: string): ProvisioningError {
  return new ProvisioningError("ServiceAlreadyExists", `There is a service '${name}' already`);
}
