import { HubError } from "../errors/hub-error.ts";
import type { Hub } from "./hub.ts";

/** Which hub a client means: many share one listener. */
export interface HubDirectory {
  /**
   * The hub for a host name, compared without case, port or trailing dot. An unknown or absent name means
   * the default hub, unless the server is strict about names.
   */
  resolve(hostName: string | undefined): Hub | undefined;
  /** By its own name, the one used in event entity paths. */
  find(hubName: string): Hub | undefined;
  list(): readonly Hub[];
  /** For heads: connections that use a hub which is gone have nothing left to say. */
  onRemoved(listener: (hub: Hub) => void): Disposable;
}

/** One whose hubs come and go while it is asked. */
export interface LiveHubDirectory extends HubDirectory {
  /** Throws `HubAlreadyExists`. */
  add(hub: Hub): void;
  remove(hub: Hub): void;
}

export function createHubDirectory(
  hubs: readonly Hub[],
  options: { isStrict: boolean },
): LiveHubDirectory {
  const directory = new HubTable(options.isStrict);
  for (const hub of hubs) directory.add(hub);
  return directory;
}

class HubTable implements LiveHubDirectory {
  readonly #isStrict: boolean;
  /** Each with what tells of its changes; the first is the default one. */
  readonly #hubs = new Map<Hub, Disposable>();
  #byHostName = new Map<string, Hub>();
  #byName = new Map<string, Hub>();
  #list: readonly Hub[] = [];
  readonly #listeners = new Set<(hub: Hub) => void>();

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  add(hub: Hub): void {
    const { name } = hub.settings;
    if (this.find(name) !== undefined) {
      throw new HubError("HubAlreadyExists", `There is a hub '${name}' already`, { hub: name });
    }
    const watch = hub.configuration.observe((now, before) => {
      if (now.hostNames !== before.hostNames) this.#index();
    });
    this.#hubs.set(hub, watch);
    this.#index();
  }

  remove(hub: Hub): void {
    this.#hubs.get(hub)?.[Symbol.dispose]();
    if (!this.#hubs.delete(hub)) return;
    this.#index();
    for (const listener of this.#listeners) listener(hub);
  }

  resolve(hostName: string | undefined): Hub | undefined {
    const known =
      hostName === undefined ? undefined : this.#byHostName.get(normalizeHostName(hostName));
    return known ?? (this.#isStrict ? undefined : this.#list[0]);
  }

  find(hubName: string): Hub | undefined {
    return this.#byName.get(hubName.toLowerCase());
  }

  list(): readonly Hub[] {
    return this.#list;
  }

  onRemoved(listener: (hub: Hub) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #index(): void {
    this.#list = [...this.#hubs.keys()];
    this.#byName = new Map(this.#list.map((hub) => [hub.settings.name.toLowerCase(), hub]));
    this.#byHostName = new Map();
    for (const hub of this.#list) {
      for (const hostName of hub.settings.hostNames) {
        const key = normalizeHostName(hostName);
        // The first hub of the list is the default one and keeps a name that a later one repeats.
        if (!this.#byHostName.has(key)) this.#byHostName.set(key, hub);
      }
    }
  }
}

export function normalizeHostName(hostName: string): string {
  const lowered = hostName.trim().toLowerCase();
  const withoutPort = lowered.startsWith("[")
    ? lowered.slice(1).split("]", 1)[0]!
    : lowered.split(":").length === 2
      ? lowered.split(":", 1)[0]!
      : lowered;
  return withoutPort.endsWith(".") ? withoutPort.slice(0, -1) : withoutPort;
}
