import type { IdentityKey } from "../devices/device.ts";

export interface StoredSubscription {
  /** In the protocol's own words; the domain does not read it. */
  readonly filter: string;
  readonly qos: 0 | 1;
}

/**
 * What clients with persistent sessions listen for. Most SDKs subscribe once in their life and rely on the
 * server to remember across disconnects, token renewals and restarts of either side.
 */
export interface SubscriptionStore {
  /** Undefined when the identity has no stored session; an empty one is a session too. */
  find(key: IdentityKey): Promise<readonly StoredSubscription[] | undefined>;
  put(key: IdentityKey, subscriptions: readonly StoredSubscription[]): Promise<void>;
  delete(key: IdentityKey): Promise<void>;
}
