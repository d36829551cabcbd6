import { type Hub, type HubDirectory, HubError, normalizeHostName } from "@larimar/domain";

export interface RequestedHost {
  /** From TLS; it counts only when it names a hub, because clients that connect by address send odd ones. */
  readonly serverName: string | undefined;
  /** From the request's target or its Host header. */
  readonly host: string | undefined;
}

/** Throws `HubNotFound`, which a directory that knows a default hub never leads to. */
export function chooseHub(hubs: HubDirectory, { serverName, host }: RequestedHost): Hub {
  const named = serverName === undefined ? undefined : hubs.resolve(serverName);
  if (serverName !== undefined && named !== undefined && isNameOf(named, serverName)) return named;
  const hub = hubs.resolve(host);
  if (hub === undefined)
    throw new HubError("HubNotFound", "No hub of this server has that host name");
  return hub;
}

function isNameOf(hub: Hub, hostName: string): boolean {
  const normalized = normalizeHostName(hostName);
  return hub.settings.hostNames.some((known) => normalizeHostName(known) === normalized);
}
