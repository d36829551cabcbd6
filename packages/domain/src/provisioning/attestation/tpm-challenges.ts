import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { provisioningKey } from "../provisioning-ids.ts";

/** A key that was sealed for a TPM, waiting for that TPM to sign with it. */
export interface PendingTpmKey {
  readonly endorsementKey: string;
  readonly storageRootKey: string;
  /** Base64. */
  readonly key: string;
  readonly expiresAtMs: number;
}

/** Shared by all nodes that one device may reach between challenge and answer. */
export interface TpmChallengeStore {
  /** The newest replaces an older one of the same registration. */
  put(registrationKey: string, pending: PendingTpmKey): Promise<void>;
  find(registrationKey: string): Promise<PendingTpmKey | undefined>;
}

/**
 * The nonce exchange, as states of one registration id: nothing → `begin` → challenged → the token signed with
 * the sealed key → proven, until it expires; another `begin` makes the answer to the earlier one worthless.
 */
export class TpmChallenges {
  readonly #store: TpmChallengeStore;
  readonly #clock: Clock;
  readonly #secrets: Secrets;
  readonly #lifetimeMs: number;

  constructor(parts: {
    store: TpmChallengeStore;
    clock: Clock;
    secrets: Secrets;
    limits: ProvisioningLimits;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#secrets = parts.secrets;
    this.#lifetimeMs = parts.limits.tpmChallengeLifetimeMs;
  }

  async begin(
    registrationId: string,
    keys: { endorsementKey: string; storageRootKey: string },
  ): Promise<PendingTpmKey> {
    const pending: PendingTpmKey = {
      ...keys,
      key: this.#secrets.createKey(),
      expiresAtMs: this.#clock.now() + this.#lifetimeMs,
    };
    await this.#store.put(provisioningKey(registrationId), pending);
    return pending;
  }

  async pending(registrationId: string): Promise<PendingTpmKey | undefined> {
    const found = await this.#store.find(provisioningKey(registrationId));
    return found !== undefined && this.#clock.now() < found.expiresAtMs ? found : undefined;
  }
}

/** Enough for a server that is alone. */
export class LocalTpmChallengeStore implements TpmChallengeStore {
  readonly #pending = new Map<string, PendingTpmKey>();
  readonly #sizeMax: number;

  constructor(limits: ProvisioningLimits) {
    this.#sizeMax = limits.tpmChallengesMax;
  }

  async put(registrationKey: string, pending: PendingTpmKey): Promise<void> {
    this.#pending.delete(registrationKey);
    this.#pending.set(registrationKey, pending);
    if (this.#pending.size <= this.#sizeMax) return;
    for (const oldest of this.#pending.keys()) {
      this.#pending.delete(oldest);
      break;
    }
  }

  async find(registrationKey: string): Promise<PendingTpmKey | undefined> {
    return this.#pending.get(registrationKey);
  }
}
