import type {
  Clock,
  HubDirectory,
  ProvisioningDirectory,
  ProvisioningSettings,
  Secrets,
} from "@larimar/domain";
import {
  createProvisioningDirectory,
  createProvisioningService,
  DEFAULT_PROVISIONING_LIMITS,
} from "@larimar/domain";
import type { Log } from "@larimar/heads";
import type { ProvisioningStorage } from "@larimar/storage";
import type { Owned } from "../owned.ts";
import { NodeProvisioningCrypto } from "./crypto/node-provisioning-crypto.ts";
import { ServerLinkedHubs } from "./hubs/server-linked-hubs.ts";
import { logProvisioning } from "./provisioning-log.ts";
import { HttpWebhook } from "./webhook/http-webhook.ts";

export interface OpenProvisioningParts {
  readonly settings: readonly ProvisioningSettings[];
  readonly storage: ProvisioningStorage;
  readonly hubs: HubDirectory;
  readonly isStrict: boolean;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly log: Log;
}

/** The provisioning services of a server, ready for the heads. */
export function openProvisioning(
  parts: OpenProvisioningParts,
  owned: Owned,
): ProvisioningDirectory {
  const { settings, storage, hubs, isStrict, clock, secrets, log } = parts;
  const crypto = new NodeProvisioningCrypto();
  const webhook = new HttpWebhook(clock);
  const linkedHubs = owned.add(new ServerLinkedHubs({ hubs, clock, ca: undefined }));
  const services = settings.map((service) =>
    owned.add(
      createProvisioningService(service, {
        clock,
        secrets,
        crypto,
        limits: DEFAULT_PROVISIONING_LIMITS,
        settingsStore: storage.settings,
        ...storage.forService(service.name),
        hubs: linkedHubs,
        webhook,
        observer: logProvisioning(log, service.name),
      }),
    ),
  );
  return createProvisioningDirectory(services, { isStrict });
}
