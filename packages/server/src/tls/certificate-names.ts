import { canonicalName } from "./check-certificate.ts";

const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];
const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

/** Names that reach a server whatever it is configured with. */
export function serverNames(server: {
  bindAddresses: readonly string[];
  machineName: string;
}): string[] {
  const addresses = server.bindAddresses.filter((address) => !ANY_ADDRESS.has(address));
  const machine = isHostName(server.machineName) ? [server.machineName] : [];
  return [...new Set([...LOCAL_NAMES, ...addresses, ...machine].map(canonicalName))];
}

/**
 * Every name the server certificate speaks for. Names of hubs are listed one by one although a wildcard
 * stands beside them: many clients do not accept one directly below a top-level name.
 */
export function certificateNames(hubHostNames: readonly string[]): string[] {
  return [...new Set([...hubHostNames.map(canonicalName), "*.localhost"])];
}

/** Machines may be called anything; certificates hold only what the name system allows. */
function isHostName(name: string): boolean {
  return name.length <= 253 && /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name);
}
