import { normalizeHostName } from "../hubs/hub-directory.ts";
import { ProvisioningError } from "./provisioning-error.ts";
import type { ProvisioningService } from "./provisioning-service.ts";

/** Which provisioning service a client means: devices say an id scope, back ends a host name. */
export interface ProvisioningDirectory {
  findByScope(idScope: string): ProvisioningService | undefined;
  /** An unknown or absent name means the first service, unless the server is strict about names. */
  resolve(hostName: string | undefined): ProvisioningService | undefined;
  find(name: string): ProvisioningService | undefined;
  list(): readonly ProvisioningService[];
}

/** One whose services come and go while it is asked. */
export interface LiveProvisioningDirectory extends ProvisioningDirectory {
  /** Throws `ServiceAlreadyExists`. */
  add(service: ProvisioningService): void;
  remove(service: ProvisioningService): void;
}

export function createProvisioningDirectory(
  initial: readonly ProvisioningService[],
  options: { isStrict: boolean },
): LiveProvisioningDirectory {
  let services = initial;
  const find = (name: string) => services.find(({ settings }) => isSame(settings.name, name));
  return {
    findByScope: (idScope) => services.find(({ settings }) => isSame(settings.idScope, idScope)),
    resolve(hostName) {
      const wanted = hostName === undefined ? undefined : normalizeHostName(hostName);
      const known = services.find(({ settings }) =>
        settings.hostNames.some((name) => normalizeHostName(name) === wanted),
      );
      return known ?? (options.isStrict ? undefined : services[0]);
    },
    find,
    list: () => services,
    add(service) {
      const { name } = service.settings;
      if (find(name) !== undefined) {
        throw new ProvisioningError("ServiceAlreadyExists", `There is a service '${name}' already`);
      }
      services = [...services, service];
    },
    remove(service) {
      services = services.filter((other) => other !== service);
    },
  };
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
