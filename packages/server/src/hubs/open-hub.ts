import type {
  BearerTokens,
  Certificates,
  Clock,
  EventEncoder,
  Hub,
  HubSettings,
  Secrets,
} from "@larimar/domain";
import {
  DEFAULT_BLOB_LIMITS,
  DEFAULT_JOB_LIMITS,
  DEFAULT_LIMITS,
  DEFAULT_METHOD_LIMITS,
  createHub,
} from "@larimar/domain";
import type { Storage } from "@larimar/storage";
import { BLOB_ACCOUNT_NAME, textCodec, transferLines } from "@larimar/wire";
import type { ServerLog } from "../log.ts";
import { HubContainers } from "../transfers/hub-containers.ts";
import { createLiveAccount } from "../uploads/live-account.ts";

/** What all hubs of a server share. */
export interface OpenHubParts {
  readonly storage: Storage;
  readonly encoder: EventEncoder;
  readonly x509: Certificates;
  readonly bearerTokens: BearerTokens | undefined;
  readonly enforcesTiers: boolean;
  readonly httpsPort: number;
  readonly allowsFaults: boolean;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly log: ServerLog;
}

/** A hub on the stores of this server, ready to be served. */
export async function openHub(settings: HubSettings, parts: OpenHubParts): Promise<Hub> {
  const { storage, encoder, x509, bearerTokens, enforcesTiers, httpsPort, clock, secrets, log } =
    parts;
  const stores = storage.forHub(settings.name);
  const accountOf = createLiveAccount({
    blobs: stores.blobs,
    httpsPort,
    clock,
    log: log.child({ subsystem: "uploads" }),
  });
  const hub: Hub = createHub(settings, {
    clock,
    secrets,
    encoder,
    text: textCodec,
    limits: DEFAULT_LIMITS,
    methodLimits: DEFAULT_METHOD_LIMITS,
    jobLimits: DEFAULT_JOB_LIMITS,
    blobLimits: DEFAULT_BLOB_LIMITS,
    blobAccountName: BLOB_ACCOUNT_NAME,
    uploadAccount: () => accountOf(hub.settings),
    x509,
    bearerTokens,
    enforcesTier: enforcesTiers,
    allowsFaults: parts.allowsFaults,
    containers: new HubContainers({ hub: () => hub, httpsPort }),
    transferFormat: transferLines,
    settingsStore: storage.hubSettings,
    ...stores,
    eventLog: await storage.openEventLog(settings),
  });
  hub.configuration.observe((now, before) => {
    if (now.eventRetention === before.eventRetention) return;
    // The log takes the new limits when it is opened again; should that fail, the next start does it.
    storage.openEventLog(now).catch((error: unknown) => {
      log.error({ err: error, hub: now.name }, "retention of events not changed");
    });
  });
  return hub;
}
