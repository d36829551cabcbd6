import type { Hub, HubDirectory } from "@larimar/domain";
import { normalizeHostName } from "@larimar/domain";

/**
 * The hub that a connection means: TLS names it when the name is a hub's own, else open does, else it is
 * what the directory has for strangers. Event hub addresses name theirs themselves.
 */
export function chooseHub(
  hubs: HubDirectory,
  serverName: string | undefined,
  hostName: string | undefined,
): Hub | undefined {
  return named(hubs, serverName) ?? named(hubs, hostName) ?? hubs.resolve(hostName ?? serverName);
}

/** Every hub that answers to the host name: several may share one, and then paths and keys tell. */
export function hubsNamed(hubs: HubDirectory, hostName: string): Hub[] {
  return hubs.list().filter((hub) => answersTo(hub, hostName));
}

/** A host name of the hub, best the one by which the client found it. */
export function hostNameOf(hub: Hub, candidates: readonly (string | undefined)[]): string {
  const used = candidates.find((name) => name !== undefined && answersTo(hub, name));
  return used === undefined ? (hub.settings.hostNames[0] ?? "localhost") : normalizeHostName(used);
}

function named(hubs: HubDirectory, hostName: string | undefined): Hub | undefined {
  if (hostName === undefined || hostName === "") return undefined;
  const hub = hubs.resolve(hostName);
  return hub !== undefined && answersTo(hub, hostName) ? hub : undefined;
}

function answersTo(hub: Hub, hostName: string): boolean {
  const normalized = normalizeHostName(hostName);
  return hub.settings.hostNames.some((own) => normalizeHostName(own) === normalized);
}
