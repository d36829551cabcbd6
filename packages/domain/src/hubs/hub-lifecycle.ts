import type { Secrets } from "../access/secrets.ts";
import { withChange } from "../administration/configuration.ts";
import { Lifecycle } from "../administration/lifecycle.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Clock } from "../time/clock.ts";
import { checkHubSettings } from "./check-hub-settings.ts";
import type { Hub } from "./hub.ts";
import type { HubSettingsChange } from "./hub-configuration.ts";
import type { LiveHubDirectory } from "./hub-directory.ts";
import type { EventRetention, HubSettingsStore } from "./hub-settings.ts";
import { completeHubSettings, createHubSettings } from "./hub-settings.ts";

export interface HubLifecycleParts {
  readonly store: HubSettingsStore;
  readonly directory: LiveHubDirectory;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** More are refused with TooManyHubs. */
  readonly hubsMax: number;
  readonly partitionCount: number;
  readonly eventRetention: EventRetention;
  readonly hostNamesOf: (hubName: string) => readonly string[];
  readonly open: (settings: Hub["settings"]) => Promise<Hub>;
  /** Removes everything of the hub but its settings. */
  readonly erase: (hubName: string) => Promise<void>;
  /** Provisioning gives no more devices to the hub. */
  readonly unlink: (hubName: string) => Promise<void>;
  /** Resolves when clients can find what is there now; what keeps them from it is told elsewhere. */
  readonly published: () => Promise<void>;
}

export interface HubCreation {
  readonly name: string;
  /** Fixed from now on; absent means what the server was started with. */
  readonly partitionCount?: number | undefined;
  /** Given what a hub begins with. Throws what the creation is refused with. */
  readonly decide?: ((fresh: Hub["settings"]) => HubSettingsChange) | undefined;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/;
const PARTITIONS_MAX = 128;

export function isHubName(name: string): boolean {
  return NAME.test(name);
}

/** How hubs come and go while the server runs. */
export class HubLifecycle {
  readonly #parts: HubLifecycleParts;
  readonly #lifecycle: Lifecycle<Hub["settings"], Hub>;

  constructor(parts: HubLifecycleParts) {
    const { store, directory, secrets, open, unlink, erase, published } = parts;
    this.#parts = parts;
    this.#lifecycle = new Lifecycle({
      store,
      directory,
      open,
      unlink,
      erase,
      published,
      countMax: parts.hubsMax,
      isBeingDeleted: async (name) => {
        const stored = await store.find(name);
        return stored !== undefined && completeHubSettings(stored, secrets).isDeleted;
      },
      refusals: {
        taken: (name) =>
          new HubError("HubAlreadyExists", `There is a hub '${name}' already`, { hub: name }),
        tooMany: (max) => new HubError("TooManyHubs", `This server already has ${max} hubs`),
        unknown: (name) => new HubError("HubNotFound", `There is no hub '${name}'`, { hub: name }),
      },
    });
  }

  get hubsMax(): number {
    return this.#parts.hubsMax;
  }

  /** Whether a name is taken, also by a hub that is being removed. */
  isTaken(name: string): Promise<boolean> {
    return this.#lifecycle.isTaken(name);
  }

  /** Throws `HubAlreadyExists`, `ArgumentInvalid`, `TooManyHubs`. */
  create(creation: HubCreation): Promise<Hub> {
    return this.#lifecycle.create(() => this.#decide(creation));
  }

  /** Throws `HubNotFound`. A deletion that failed on the way is taken up again. */
  delete(name: string): Promise<void> {
    return this.#lifecycle.delete(name);
  }

  #decide({ name, partitionCount, decide }: HubCreation): Hub["settings"] {
    const { secrets, clock } = this.#parts;
    if (!isHubName(name)) {
      throw invalid(`'${name}' is not 1 to 50 letters, digits and inner hyphens`);
    }
    const partitions = partitionCount ?? this.#parts.partitionCount;
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX) {
      throw invalid(`A hub has 1 to ${PARTITIONS_MAX} partitions`);
    }
    const fresh = createHubSettings(
      {
        name,
        createdAtMs: clock.now(),
        hostNames: this.#parts.hostNamesOf(name),
        partitionCount: partitions,
        eventRetention: this.#parts.eventRetention,
      },
      secrets,
    );
    const settings = withChange(fresh, decide?.(fresh) ?? {});
    checkHubSettings(settings, secrets);
    return settings;
  }
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}
