import { isDeepStrictEqual } from "node:util";
import type {
  Clock,
  EventRetention,
  FileStorage,
  HubSettings,
  HubSettingsStore,
  Secrets,
  StoredHubSettings,
} from "@larimar/domain";
import { completeHubSettings, createHubSettings } from "@larimar/domain";
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
  /** For all hubs; undefined leaves each with what it has. */
  readonly fileStorage: FileStorage | undefined;
}

/**
 * The hubs to serve, the default one first: those asked for, created if need be, then all others of the data
 * directory. Host names and, when it is given, the storage of files follow the options of each start; everything
 * else is as it was decided at creation.
 */
export async function settleHubs(request: SettleHubsRequest): Promise<readonly HubSettings[]> {
  const stored = [...(await request.store.list())].toSorted(
    (a, b) => a.createdAtMs - b.createdAtMs,
  );
  const wanted = request.wanted ?? (stored.length > 0 ? [] : [DEFAULT_HUB_NAME]);
  const missing = wanted.filter((name) => !stored.some((hub) => isNamed(hub, name)));
  const nowMs = request.clock.now();
  // A millisecond apart, so that their order is known at the next start.
  const { partitionCount, eventRetention, secrets } = request;
  const created = missing.map((name, index) =>
    createHubSettings(
      { name, createdAtMs: nowMs + index, hostNames: [], partitionCount, eventRetention },
      secrets,
    ),
  );
  const all = [...stored, ...created];
  const first = wanted.flatMap((name) => all.filter((hub) => isNamed(hub, name)));
  const ordered = [...new Set([...first, ...all])];
  return Promise.all(
    ordered.map((hub, index) => {
      const hostNames = hubHostNames({ ...request, hubName: hub.name, isDefault: index === 0 });
      const settings = completeHubSettings(hub, request.secrets);
      const { storage } = settings.fileUpload;
      const fileUpload = { ...settings.fileUpload, storage: request.fileStorage ?? storage };
      const isNew = created.some((other) => other === hub);
      return save({ ...settings, hostNames, fileUpload }, isNew ? undefined : hub, request);
    }),
  );
}

function isNamed(hub: StoredHubSettings, name: string): boolean {
  return hub.name.toLowerCase() === name.toLowerCase();
}

async function save(
  hub: HubSettings,
  stored: StoredHubSettings | undefined,
  { store, secrets }: SettleHubsRequest,
): Promise<HubSettings> {
  if (isDeepStrictEqual(stored, hub)) return hub;
  const next = { ...hub, etag: secrets.createEtag() };
  if ((await store.put(next, stored?.etag)) === "written") return next;
  throw new StartError(`The settings of hub '${hub.name}' were changed by another program.`);
}
