import type { Device, IdentityKey } from "../devices/device.ts";
import { describeIdentity } from "../devices/device.ts";
import type { DeviceStore } from "../devices/device-store.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { Queries } from "../query/queries.ts";
import type { QueryTarget } from "../query/language/query-ast.ts";
import { AffectedIdentities } from "./affected-identities.ts";
import { ConfigurationSet } from "./configuration-set.ts";
import type { ConfigurationStore } from "./configuration-store.ts";
import { EDGE_AGENT } from "./edge-layers.ts";
import { FleetRound } from "./fleet-round.ts";
import type { Rollout } from "./rollout.ts";

export interface FleetRolloutParts {
  readonly store: ConfigurationStore;
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly queries: Pick<Queries, "identities">;
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
/** Of a fleet so large that rounds take long, they begin more seldom: no more than a part of the time is theirs. */
const ROUND_SHARE_MAX = 0.1;
/** After a failure of the store. */
const RETRY_DELAY_MS = 5_000;

/**
 * Brings configurations to the fleet: to each identity that changes, at once; to those whom it affects when a
 * configuration comes, changes or goes; and to all of them when the server starts, and from time to time.
 */
export class FleetRollout implements AsyncDisposable {
  readonly #parts: FleetRolloutParts;
  readonly #changed = new Map<string, IdentityKey>();
  readonly #round: FleetRound;
  readonly #affected: AffectedIdentities;
  readonly #inFlight = new Set<Promise<unknown>>();
  #hasAffected = false;
  #beganAtMs = 0;
  #roundMs = 0;
  #set = new ConfigurationSet([], []);
  #isStale = true;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #resume: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: FleetRolloutParts) {
    this.#parts = parts;
    this.#round = new FleetRound(parts.devices);
    this.#affected = new AffectedIdentities(parts.queries);
  }

  /** The configurations as they were when they were last read. */
  get set(): ConfigurationSet {
    return this.#set;
  }

  /** A round begins, and then one from time to time. */
  start(): void {
    const delayMs = Math.max(ROUND_INTERVAL_MS, this.#roundMs / ROUND_SHARE_MAX);
    this.#timer = this.#parts.clock.after(delayMs, () => this.start());
    this.all();
  }

  /** Everybody is looked at. */
  all(): void {
    this.#isStale = true;
    this.#beginRound();
    this.#wake();
  }

  /** A configuration has changed: whom that affects is looked at. */
  some(affected: readonly QueryTarget[]): void {
    this.#isStale = true;
    this.#affected.add(affected);
    this.#hasAffected = true;
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
    const isAsked = this.#round.isUnderWay || this.#hasAffected || this.#changed.size > 0;
    return isAsked && !this.#isClosed;
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
      // Nobody has anything to keep or to give back, unless something came while that was read.
      if (this.#isStale) return;
      this.#changed.clear();
      this.#round.end();
      this.#hasAffected = false;
      return;
    }
    this.#begin(this.#takeChanged());
    if (!this.#affected.isEmpty) {
      this.#begin(this.#affected.take(BATCH).map((key) => this.#visitAffected(key)));
    } else if (this.#hasAffected) {
      this.#hasAffected = false;
      if (this.#affected.takeIncompleteness()) this.#beginRound();
      else if (!this.#round.isUnderWay) await this.#forgetRetired();
    } else if (this.#round.isUnderWay) {
      const devices = await this.#round.next(BATCH);
      this.#begin(devices.map((device) => this.#visit(device)));
      if (!this.#round.isUnderWay && !this.#isStale) {
        this.#roundMs = this.#parts.clock.now() - this.#beganAtMs;
        await this.#forgetRetired();
      }
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

  #beginRound(): void {
    if (!this.#round.isUnderWay) this.#beganAtMs = this.#parts.clock.now();
    this.#round.begin();
  }

  /** All who had settings of deleted configurations were looked at since. */
  async #forgetRetired(): Promise<void> {
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

  /** What a deployment is to a device is said by its agent. */
  async #visitAffected({ deviceId, moduleId }: IdentityKey): Promise<void> {
    const { rollout } = this.#parts;
    if (moduleId === undefined || moduleId === EDGE_AGENT) {
      await rollout.device(deviceId, this.#set, "everything");
    }
    if (moduleId !== undefined) {
      await rollout.module({ deviceId, moduleId }, this.#set, "everything");
    }
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
