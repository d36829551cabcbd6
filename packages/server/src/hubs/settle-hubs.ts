import type {
  Clock,
  EventRetention,
  HubSettings,
  HubSettingsStore,
  Secrets,
} from "@larimar/domain";
import {
  DEFAULT_COMMAND_SETTINGS,
  DEFAULT_CONSUMER_GROUP,
  createDefaultPolicies,
} from "@larimar/domain";
import { StartError } from "../start-error.ts";
import { hubHostNames } from "./host-names.ts";

const DEFAULT_HUB_NAME = "local";

export interface SettleHubsRequest {
  readonly store: HubSettingsStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** In order; undefined serves what is there, or one hub at first start. */
  readonly wanted: readonly string[] | undefined;
  readonly hosts: readonly string[];
  readonly serverNames: readonly string[];
  /** For hubs that are created now; the others keep theirs. */
  readonly partitionCount: number;
  readonly eventRetention: EventRetention;
}

/**
 * The hubs to serve, the default one first: those asked for, created if need be, then all others of the data
 * directory. Host names follow the options of each start, everything else is as it was decided at creation.
 */
export async function settleHubs(request: SettleHubsRequest): Promise<readonly HubSettings[]> {
  const stored = [...(await request.store.list())].toSorted(
    (a, b) => a.createdAtMs - b.createdAtMs,
  );
  const wanted = request.wanted ?? (stored.length > 0 ? [] : [DEFAULT_HUB_NAME]);
  const missing = wanted.filter((name) => !stored.some((hub) => isNamed(hub, name)));
  const nowMs = request.clock.now();
  // A millisecond apart, so that their order is known at the next start.
  const created = missing.map((name, index) => newHub(name, nowMs + index, request));
  const all = [...stored, ...created];
  const first = wanted.flatMap((name) => all.filter((hub) => isNamed(hub, name)));
  const ordered = [...new Set([...first, ...all])];
  return Promise.all(
    ordered.map((hub, index) => {
      const hostNames = hubHostNames({ ...request, hubName: hub.name, isDefault: index === 0 });
      return save({ ...hub, hostNames }, created.includes(hub) ? undefined : hub, request);
    }),
  );
}

function isNamed(hub: HubSettings, name: string): boolean {
  return hub.name.toLowerCase() === name.toLowerCase();
}

function newHub(name: string, createdAtMs: number, request: SettleHubsRequest): HubSettings {
  return {
    name,
    etag: request.secrets.createEtag(),
    createdAtMs,
    hostNames: [],
    policies: createDefaultPolicies(request.secrets),
    partitionCount: request.partitionCount,
    consumerGroups: [DEFAULT_CONSUMER_GROUP],
    eventRetention: request.eventRetention,
    commands: DEFAULT_COMMAND_SETTINGS,
  };
}

async function save(
  hub: HubSettings,
  stored: HubSettings | undefined,
  { store, secrets }: SettleHubsRequest,
): Promise<HubSettings> {
  if (stored !== undefined && String(stored.hostNames) === String(hub.hostNames)) return stored;
  const next = { ...hub, etag: secrets.createEtag() };
  if ((await store.put(next, stored?.etag)) === "written") return next;
  throw new StartError(`The settings of hub '${hub.name}' were changed by another program.`);
}
