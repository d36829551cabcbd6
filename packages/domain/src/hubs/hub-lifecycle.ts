import type { Secrets } from "../access/secrets.ts";
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

/**
 * How hubs come and go while the server runs. A hub is there once its settings are stored, and gone once they
 * are removed; a server that ends in between serves the one and finishes removing the other when it starts.
 */
export class HubLifecycle {
  readonly #parts: HubLifecycleParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: HubLifecycleParts) {
    this.#parts = parts;
  }

  get hubsMax(): number {
    return this.#parts.hubsMax;
  }

  /** Whether a name is taken, also by a hub that is being removed. */
  async isTaken(name: string): Promise<boolean> {
    return (await this.#parts.store.find(name)) !== undefined;
  }

  /** Throws `HubAlreadyExists`, `ArgumentInvalid`, `TooManyHubs`. */
  create(creation: HubCreation): Promise<Hub> {
    return this.#inTurn(() => this.#create(creation));
  }

  /** Throws `HubNotFound`. A deletion that failed on the way is taken up again. */
  delete(name: string): Promise<void> {
    return this.#inTurn(() => this.#delete(name));
  }

  async #create({ name, partitionCount, decide }: HubCreation): Promise<Hub> {
    const { store, directory, secrets, clock, hubsMax, open, published } = this.#parts;
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
    const settings = { ...fresh, ...withoutUndefined(decide?.(fresh) ?? {}) };
    checkHubSettings(settings, secrets);
    if (await this.isTaken(name)) throw alreadyExists(name);
    if (directory.list().length >= hubsMax) {
      throw new HubError("TooManyHubs", `This server already has ${hubsMax} hubs`);
    }
    // What a call of an earlier hub of that name may have written while it went.
    await this.#parts.erase(name);
    if ((await store.put(settings, undefined)) === "conflict") throw alreadyExists(name);
    let hub: Hub;
    try {
      hub = await open(settings);
    } catch (error) {
      await store.delete(name);
      throw error;
    }
    directory.add(hub);
    await published();
    return hub;
  }

  async #delete(name: string): Promise<void> {
    const { store, directory, secrets, erase, unlink, published } = this.#parts;
    const hub = directory.find(name);
    if (hub !== undefined) {
      await hub.configuration.change({ isDeleted: true });
      directory.remove(hub);
      await hub[Symbol.asyncDispose]();
    } else {
      const stored = await store.find(name);
      if (stored === undefined || !completeHubSettings(stored, secrets).isDeleted) {
        throw new HubError("HubNotFound", `There is no hub '${name}'`, { hub: name });
      }
    }
    await unlink(hub?.settings.name ?? name);
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

function withoutUndefined(change: HubSettingsChange): Partial<Hub["settings"]> {
  const present = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present);
}

function alreadyExists(name: string): HubError {
  return new HubError("HubAlreadyExists", `There is a hub '${name}' already`, { hub: name });
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}
