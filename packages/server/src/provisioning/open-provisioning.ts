import type {
  Clock,
  HubDirectory,
  ProvisioningService,
  ProvisioningSettings,
  Secrets,
} from "@larimar/domain";
import { createProvisioningService, DEFAULT_PROVISIONING_LIMITS } from "@larimar/domain";
import type { Log } from "@larimar/heads";
import type { ProvisioningStorage } from "@larimar/storage";
import { NodeProvisioningCrypto } from "./crypto/node-provisioning-crypto.ts";
import { ServerLinkedHubs } from "./hubs/server-linked-hubs.ts";
import { logProvisioning } from "./provisioning-log.ts";
import { HttpWebhook } from "./webhook/http-webhook.ts";

export interface ProvisioningOpenerParts {
  readonly storage: ProvisioningStorage;
  readonly hubs: HubDirectory;
  /** By which hubs elsewhere are trusted; undefined leaves it to Node. */
  readonly authorities: readonly string[] | undefined;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly log: Log;
}

/** Opens the provisioning services of a server, and holds what they share. */
export class ProvisioningOpener implements Disposable {
  readonly #parts: ProvisioningOpenerParts;
  readonly #crypto = new NodeProvisioningCrypto();
  readonly #webhook: HttpWebhook;
  readonly #linkedHubs: ServerLinkedHubs;

  constructor(parts: ProvisioningOpenerParts) {
    const { hubs, clock, authorities } = parts;
    this.#parts = parts;
    this.#webhook = new HttpWebhook(clock);
    this.#linkedHubs = new ServerLinkedHubs({ hubs, clock, ca: authorities });
  }

  open(settings: ProvisioningSettings): ProvisioningService {
    const { storage, clock, secrets, log } = this.#parts;
    return createProvisioningService(settings, {
      clock,
      secrets,
      crypto: this.#crypto,
      limits: DEFAULT_PROVISIONING_LIMITS,
      settingsStore: storage.settings,
      ...storage.forService(settings.name),
      hubs: this.#linkedHubs,
      webhook: this.#webhook,
      observer: logProvisioning(log, settings.name),
    });
  }

  [Symbol.dispose](): void {
    this.#linkedHubs[Symbol.dispose]();
  }
}
