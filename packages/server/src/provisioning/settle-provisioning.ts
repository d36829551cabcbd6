import { isDeepStrictEqual } from "node:util";
import type {
  Clock,
  HubSettings,
  LinkedHubSettings,
  ProvisioningSettings,
  ProvisioningSettingsStore,
  Secrets,
  StoredProvisioningSettings,
} from "@larimar/domain";
import { completeProvisioningSettings, createProvisioningSettings } from "@larimar/domain";
import { hubHostNames } from "../hubs/host-names.ts";
import { StartError } from "../start-error.ts";

export interface SettleProvisioningRequest {
  readonly store: ProvisioningSettingsStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** The hubs of this server, the default one first. */
  readonly hubs: readonly HubSettings[];
  readonly hosts: readonly string[];
  readonly serverNames: readonly string[];
  /** Hubs created since then are linked; an older one without a link was unlinked by somebody. */
  readonly startedAtMs: number;
}

/** How hubs of this server are spread by default, and where they say they are. */
const LOCATION = "local";

/**
 * The provisioning services to serve: one, linked to all hubs, at first start. Host names follow the options of
 * each start, those of linked hubs too; everything else is as it was decided.
 */
export async function settleProvisioning(
  request: SettleProvisioningRequest,
): Promise<readonly ProvisioningSettings[]> {
  const { store, hubs, secrets, clock } = request;
  const stored = (await store.list()).toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  if (stored.length > 0) {
    return Promise.all(
      stored.map((settings, index) =>
        settle(completeProvisioningSettings(settings), settings, index === 0, request),
      ),
    );
  }
  const [defaultHub] = hubs;
  if (defaultHub === undefined) return [];
  const name = `${defaultHub.name}-dps`;
  const created = createProvisioningSettings(
    {
      name,
      hostNames: hubHostNames({ ...request, hubName: name, isDefault: true }),
      linkedHubs: hubs.map((hub) => linkTo(hub)),
      nowMs: clock.now(),
    },
    secrets,
  );
  return [await save(created, undefined, request)];
}

async function settle(
  settings: ProvisioningSettings,
  stored: StoredProvisioningSettings,
  isDefault: boolean,
  request: SettleProvisioningRequest,
): Promise<ProvisioningSettings> {
  const { hubs, startedAtMs } = request;
  const linkedHubs = settings.linkedHubs.map((link) => {
    const hub = hubs.find(({ name }) => name === link.hubName);
    return hub === undefined ? link : linkTo(hub, link);
  });
  const isLinked = (hub: HubSettings) => linkedHubs.some(({ hubName }) => hubName === hub.name);
  const added = isDefault
    ? hubs.filter((hub) => hub.createdAtMs >= startedAtMs && !isLinked(hub))
    : [];
  const next = {
    ...settings,
    hostNames: hubHostNames({ ...request, hubName: settings.name, isDefault }),
    linkedHubs: [...linkedHubs, ...added.map((hub) => linkTo(hub))],
  };
  return isDeepStrictEqual(next, stored) ? next : save(next, stored, request);
}

/** Names that the hub had at earlier starts stay known: devices were told them. */
function linkTo(hub: HubSettings, earlier?: LinkedHubSettings): LinkedHubSettings {
  const hostName = hub.hostNames[0] ?? hub.name;
  const names = [...hub.hostNames, ...(earlier ? [earlier.hostName, ...earlier.aliases] : [])];
  return {
    connectionString: undefined,
    location: LOCATION,
    allocationWeight: 1,
    applyAllocationPolicy: true,
    ...earlier,
    hostName,
    hubName: hub.name,
    aliases: [...new Set(names)].filter((name) => name !== hostName),
  };
}

async function save(
  settings: ProvisioningSettings,
  stored: StoredProvisioningSettings | undefined,
  { store, secrets }: SettleProvisioningRequest,
): Promise<ProvisioningSettings> {
  const next = { ...settings, etag: secrets.createEtag() };
  if ((await store.put(next, stored?.etag)) === "written") return next;
  throw new StartError(
    `The settings of provisioning service '${settings.name}' were changed by another program.`,
  );
}
