import type {
  Administration,
  Clock,
  EventRetention,
  Hub,
  LiveHubDirectory,
  LiveProvisioningDirectory,
  ProvisioningService,
  Secrets,
} from "@larimar/domain";
import { DEFAULT_PROVISIONING_LIMITS, HubLifecycle, ProvisioningLifecycle } from "@larimar/domain";
import type { Storage } from "@larimar/storage";
import { textCodec } from "@larimar/wire";
import { hubHostNames } from "../hubs/host-names.ts";
import type { Publication } from "./publication.ts";

/** Each has timers, workers of its own and names in the certificate. */
const HUBS_MAX = 100;

export interface AdministrationParts {
  readonly storage: Storage;
  readonly hubs: LiveHubDirectory;
  readonly provisioning: LiveProvisioningDirectory;
  readonly publication: Publication;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly names: { readonly hosts: readonly string[]; readonly serverNames: readonly string[] };
  readonly partitionCount: number;
  readonly eventRetention: EventRetention;
  readonly openHub: (settings: Hub["settings"]) => Promise<Hub>;
  readonly openService: (settings: ProvisioningService["settings"]) => ProvisioningService;
}

/** What operators may do with a running server. */
export function createAdministration(parts: AdministrationParts): Administration {
  const { storage, hubs, provisioning, publication, secrets, clock, names } = parts;
  const watch = <T extends Hub | ProvisioningService>(opened: T): T => {
    opened.configuration.observe(() => void publication.changed());
    return opened;
  };
  for (const opened of [...hubs.list(), ...provisioning.list()]) watch(opened);
  const namesOf = (hubName: string, all: readonly unknown[]) =>
    hubHostNames({ ...names, hubName, isDefault: all.length === 0 });
  /** The first of those that stay answers to the names of the server, as after a start. */
  const published = async (): Promise<void> => {
    for (const [first] of [hubs.list(), provisioning.list()]) {
      if (first === undefined) continue;
      const hostNames = namesOf(first.settings.name, []);
      if (hostNames.join(" ") !== first.settings.hostNames.join(" ")) {
        await first.configuration.change({ hostNames });
      }
    }
    await publication.published();
  };
  return {
    secrets,
    clock,
    text: textCodec,
    hubs,
    provisioning,
    hubLifecycle: new HubLifecycle({
      store: storage.hubSettings,
      directory: hubs,
      secrets,
      clock,
      hubsMax: HUBS_MAX,
      partitionCount: parts.partitionCount,
      eventRetention: parts.eventRetention,
      hostNamesOf: (name) => namesOf(name, hubs.list()),
      open: async (settings) => watch(await parts.openHub(settings)),
      erase: (name) => storage.eraseHub(name),
      unlink: (name) => unlink(provisioning.list(), name),
      published,
    }),
    provisioningLifecycle: new ProvisioningLifecycle({
      store: storage.provisioning.settings,
      directory: provisioning,
      secrets,
      clock,
      limits: DEFAULT_PROVISIONING_LIMITS,
      hostNamesOf: (name) => namesOf(name, provisioning.list()),
      open: async (settings) => watch(parts.openService(settings)),
      erase: (name) => storage.provisioning.eraseService(name),
      published,
    }),
    published: () => publication.settled(),
  };
}

async function unlink(services: readonly ProvisioningService[], hubName: string): Promise<void> {
  const isOther = (link: { hubName: string | undefined }) => link.hubName !== hubName;
  for (const { configuration } of services) {
    if (configuration.current.linkedHubs.every(isOther)) continue;
    await configuration.change(({ linkedHubs }) => ({ linkedHubs: linkedHubs.filter(isOther) }));
  }
}
