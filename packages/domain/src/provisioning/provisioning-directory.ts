import { normalizeHostName } from "../hubs/hub-directory.ts";
import type { ProvisioningService } from "./provisioning-service.ts";

/** Which provisioning service a client means: devices say an id scope, back ends a host name. */
export interface ProvisioningDirectory {
  findByScope(idScope: string): ProvisioningService | undefined;
  /** An unknown or absent name means the first service, unless the server is strict about names. */
  resolve(hostName: string | undefined): ProvisioningService | undefined;
  find(name: string): ProvisioningService | undefined;
  list(): readonly ProvisioningService[];
}

export function createProvisioningDirectory(
  services: readonly ProvisioningService[],
  options: { isStrict: boolean },
): ProvisioningDirectory {
  return {
    findByScope: (idScope) => services.find(({ settings }) => isSame(settings.idScope, idScope)),
    resolve(hostName) {
      const wanted = hostName === undefined ? undefined : normalizeHostName(hostName);
      const known = services.find(({ settings }) =>
        settings.hostNames.some((name) => normalizeHostName(name) === wanted),
      );
      return known ?? (options.isStrict ? undefined : services[0]);
    },
    find: (name) => services.find(({ settings }) => isSame(settings.name, name)),
    list: () => services,
  };
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
