import type { Hub, HubDirectory } from "@larimar/domain";
import { normalizeHostName } from "@larimar/domain";

/**
 * The hub named by SNI, else by the user name, else whatever the directory has for strangers.
 * (protocol reference: device-facing 1.2)
 */
export function chooseHub(
  hubs: HubDirectory,
  serverName: string | undefined,
  userHostName: string,
): Hub | undefined {
  return named(hubs, serverName) ?? hubs.resolve(userHostName);
}

function named(hubs: HubDirectory, hostName: string | undefined): Hub | undefined {
  if (hostName === undefined) return undefined;
  const hub = hubs.resolve(hostName);
  const normalized = normalizeHostName(hostName);
  const isNamed = hub?.settings.hostNames.some((own) => normalizeHostName(own) === normalized);
  return isNamed === true ? hub : undefined;
}
