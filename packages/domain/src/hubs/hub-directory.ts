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
}

export function createHubDirectory(
  hubs: readonly Hub[],
  options: { isStrict: boolean },
): HubDirectory {
  const byHostName = new Map<string, Hub>();
  const byName = new Map<string, Hub>();
  for (const hub of hubs) {
    byName.set(hub.settings.name.toLowerCase(), hub);
    for (const hostName of hub.settings.hostNames) {
      const key = normalizeHostName(hostName);
      // The first hub of the list is the default one and keeps a name that a later one repeats.
      if (!byHostName.has(key)) byHostName.set(key, hub);
    }
  }
  return {
    resolve(hostName) {
      const known =
        hostName === undefined ? undefined : byHostName.get(normalizeHostName(hostName));
      return known ?? (options.isStrict ? undefined : hubs[0]);
    },
    find: (hubName) => byName.get(hubName.toLowerCase()),
    list: () => hubs,
  };
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
