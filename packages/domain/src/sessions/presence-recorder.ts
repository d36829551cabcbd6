import type { IdentityKey, Presence } from "../devices/device.ts";
import { NEVER_SEEN } from "../devices/device.ts";
import type { PresenceStore } from "../devices/device-store.ts";
import type { Clock, Timer } from "../time/clock.ts";

/** Connects and disconnects come in storms; they reach the store in batches this far apart. */
const FLUSH_INTERVAL_MS = 1000;

interface Entry {
  readonly key: IdentityKey;
  readonly presence: Presence;
}

/** Keeps the presence of identities until the store has it. Bounded by the number of identities. */
export class PresenceRecorder implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #store: PresenceStore;
  #pending = new Map<string, Entry>();
  #timer: Timer | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(clock: Clock, store: PresenceStore) {
    this.#clock = clock;
    this.#store = store;
  }

  connected(key: IdentityKey): void {
    this.#record(key, true);
  }

  disconnected(key: IdentityKey): void {
    this.#record(key, false);
  }

  /** The identity is gone: one of the same name that comes later was never seen. */
  forget(key: IdentityKey): void {
    const name = nameOf(key);
    this.#pending.delete(name);
    if (key.moduleId !== undefined) return;
    for (const other of this.#pending.keys()) {
      if (other.startsWith(`${name}/`)) this.#pending.delete(other);
    }
  }

  latest(key: IdentityKey, stored: Presence | undefined, isConnected: boolean): Presence {
    const known = this.#pending.get(nameOf(key))?.presence ?? stored ?? NEVER_SEEN;
    // After a crash the store may still call an identity connected that is not.
    return known.isConnected === isConnected ? known : { ...known, isConnected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#flush();
    await this.#flushing;
  }

  #record(key: IdentityKey, isConnected: boolean): void {
    const nowMs = this.#clock.now();
    const presence = { isConnected, connectionStateUpdatedAtMs: nowMs, lastActivityAtMs: nowMs };
    this.#pending.set(nameOf(key), { key, presence });
    this.#timer ??= this.#clock.after(FLUSH_INTERVAL_MS, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#pending.size === 0) return;
    const batch = this.#pending;
    this.#pending = new Map();
    this.#flushing = this.#flushing
      .then(() => this.#store.save([...batch.values()]))
      .catch(() => this.#putBack(batch));
  }

  /** The store refused for now: newer observations win over the ones put back. */
  #putBack(batch: Map<string, Entry>): void {
    for (const [name, entry] of batch) {
      if (!this.#pending.has(name)) this.#pending.set(name, entry);
    }
  }
}

function nameOf(key: IdentityKey): string {
  return key.moduleId === undefined ? key.deviceId : `${key.deviceId}/${key.moduleId}`;
}
