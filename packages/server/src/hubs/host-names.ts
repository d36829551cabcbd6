import { isIP } from "node:net";

export interface HostNameRequest {
  readonly hubName: string;
  readonly isDefault: boolean;
  /** As configured; the first one is for connection strings. */
  readonly hosts: readonly string[];
  /** Other names that reach this server: what it is bound to, the machine's own. */
  readonly serverNames: readonly string[];
}

/**
 * The names that reach a hub, the one for connection strings first. Every name of the server reaches the
 * default hub; the others are told apart by a label of their own, which an address cannot have.
 */
export function hubHostNames({
  hubName,
  isDefault,
  hosts,
  serverNames,
}: HostNameRequest): readonly string[] {
  const label = hubName.toLowerCase();
  const own = [
    ...hosts.filter((host) => isIP(host) === 0).map((host) => `${label}.${host}`),
    `${label}.localhost`,
  ];
  const names = isDefault ? [...hosts, ...own, ...serverNames] : own;
  return [...new Set(names.map((name) => name.toLowerCase()))];
}
