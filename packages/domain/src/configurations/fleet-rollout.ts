import type { Device, IdentityKey } from "../devices/device.ts";
import { describeIdentity } from "../devices/device.ts";
import type { DeviceStore } from "../devices/device-store.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { ConfigurationSet } from "./configuration-set.ts";
import type { ConfigurationStore } from "./configuration-store.ts";
import { FleetRound } from "./fleet-round.ts";
import type { Rollout } from "./rollout.ts";

export interface FleetRolloutParts {
  readonly store: ConfigurationStore;
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly rollout: Rollout;
  readonly clock: Clock;
}

/** Identities looked at in one go; a message has to wait for no longer than that. */
const BATCH = 16;
/** Batches whose writes may be on their way to the disk at once. */
const BATCHES_IN_FLIGHT_MAX = 4;
/** Changed identities that wait; at one more all of them are let go of, and the whole fleet is looked at. */
const CHANGED_MAX = 10_000;
/** Settings that others have changed are put back within this time, and what was missed is made up for. */
export const ROUND_INTERVAL_MS = 5 * 60 * 1000;
/** After a failure of the store. */
const RETRY_DELAY_MS = 5_000;

/**
 * Brings configurations to the fleet: to each identity that changes, at once, and to all of them whenever a
 * configuration comes, changes or goes, when the server starts, and from time to time.
 */
export class FleetRollout implements AsyncDisposable {
  readonly #parts: FleetRolloutParts;
  readonly #changed = new Map<string, IdentityKey>();
  readonly #round: FleetRound;
  readonly #inFlight = new Set<Promise<unknown>>();
  #set = new ConfigurationSet([], []);
  #isStale = true;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #resume: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: FleetRolloutParts) {
    this.#parts = parts;
    this.#round = new FleetRound(parts.devices);
  }

  /** The configurations as they were when they were last read. */
  get set(): ConfigurationSet {
    return this.#set;
  }

  /** A round begins, and then one from time to time. */
  start(): void {
    this.#timer = this.#parts.clock.after(ROUND_INTERVAL_MS, () => this.start());
    this.all();
  }

  /** Configurations have changed: everybody is looked at. */
  all(): void {
    this.#isStale = true;
    this.#round.begin();
    this.#wake();
  }

  /** An identity has changed: it is looked at. */
  one(key: IdentityKey): void {
    if (this.#changed.size >= CHANGED_MAX) {
      this.#changed.clear();
      return this.all();
    }
    this.#changed.set(describeIdentity(key), key);
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#resume?.();
    await this.#running;
  }

  get #hasWork(): boolean {
    return !this.#isClosed && (this.#round.isUnderWay || this.#changed.size > 0);
  }

  #wake(): void {
    if (this.#isClosed) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#hasWork) this.#wake();
    });
  }

  async #run(): Promise<void> {
    while (this.#hasWork) {
      try {
        // Whatever happens in one turn is looked at once, and everybody else has a turn in between.
        await this.#pause(0);
        await this.#turn();
      } catch {
        // The store has said why in its log; what was not reached is reached by the next round.
        await this.#pause(RETRY_DELAY_MS);
      }
    }
    await Promise.all(this.#inFlight);
  }

  async #turn(): Promise<void> {
    if (this.#isStale) await this.#reload();
    if (this.#set.isEmpty) {
      this.#changed.clear();
      this.#round.end();
      return;
    }
    this.#begin(this.#takeChanged());
    if (this.#round.isUnderWay) {
      const devices = await this.#round.next(BATCH);
      this.#begin(devices.map((device) => this.#visit(device)));
      if (!this.#round.isUnderWay && !this.#isStale) await this.#finishRound();
    }
    if (this.#inFlight.size >= BATCHES_IN_FLIGHT_MAX) await Promise.race(this.#inFlight);
  }

  #begin(batch: readonly Promise<void>[]): void {
    if (batch.length === 0) return;
    // One that fails, or is deleted meanwhile, keeps no other from being looked at; a later round does so again.
    const done = Promise.allSettled(batch).finally(() => this.#inFlight.delete(done));
    this.#inFlight.add(done);
  }

  /** Nobody is compared with the new set while somebody is with the old one. */
  async #reload(): Promise<void> {
    const { store } = this.#parts;
    await Promise.all(this.#inFlight);
    this.#isStale = false;
    try {
      const [live, retired] = await Promise.all([store.list(), store.listRetired()]);
      this.#set = new ConfigurationSet(live, retired);
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  /** What was deleted before the round began is in no twin any more. */
  async #finishRound(): Promise<void> {
    await Promise.all(this.#inFlight);
    if (this.#set.retiredKeys.length === 0) return;
    await this.#parts.store.forget(this.#set.retiredKeys);
    this.#isStale = true;
  }

  #takeChanged(): readonly Promise<void>[] {
    const { rollout } = this.#parts;
    return [...this.#changed].slice(0, BATCH).map(([name, { deviceId, moduleId }]) => {
      this.#changed.delete(name);
      return moduleId === undefined
        ? rollout.device(deviceId, this.#set, "memberships")
        : rollout.module({ deviceId, moduleId }, this.#set, "memberships");
    });
  }

  async #visit(device: Device): Promise<void> {
    const { rollout, modules } = this.#parts;
    await rollout.knownDevice(device, this.#set, "everything");
    if (!this.#set.concerns("module")) return;
    for (const { deviceId, moduleId } of await modules.list(device.deviceId)) {
      await rollout.module({ deviceId, moduleId }, this.#set, "everything");
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(delayMs, resolve);
      this.#resume = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
