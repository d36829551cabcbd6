import type { Secrets } from "./secrets.ts";
import type { Right } from "./rights.ts";

export interface SharedAccessPolicy {
  readonly name: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly Right[];
}

/** The policies every hub is created with. */
const DEFAULT_RIGHTS: Readonly<Record<string, readonly Right[]>> = {
  iothubowner: ["RegistryWrite", "ServiceConnect", "DeviceConnect"],
  service: ["ServiceConnect"],
  device: ["DeviceConnect"],
  registryRead: ["RegistryRead"],
  registryReadWrite: ["RegistryWrite"],
};

export function createDefaultPolicies(secrets: Secrets): SharedAccessPolicy[] {
  return Object.entries(DEFAULT_RIGHTS).map(([name, rights]) => ({
    name,
    primaryKey: secrets.createKey(),
    secondaryKey: secrets.createKey(),
    rights,
  }));
}
