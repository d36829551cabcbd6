import { HubError } from "../errors/hub-error.ts";
import type { HubConfiguration } from "../hubs/hub-configuration.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { MeterStore } from "./meter-store.ts";
import type { OperationKind, TierProfile } from "./tiers.ts";
import { tierProfile } from "./tiers.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface AdmissionParts {
  readonly configuration: HubConfiguration;
  readonly clock: Clock;
  readonly store: MeterStore;
  /** Off, a hub may do whatever its machine can. */
  readonly isEnforced: boolean;
}

/** What an operation is counted as. */
export interface Demand {
  /** Operations in one; for methods, blocks of 4 KB. One if absent. */
  readonly count?: number;
  /** Messages that the day's quota is charged with, told once somebody asks. None if absent. */
  readonly charge?: (blockBytes: number) => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SAVE_INTERVAL_MS = 10_000;
/** Longer than this nobody waits for his turn: devices that send may be shaped for longer than callers. */
const WAIT_MS_MAX: Readonly<Partial<Record<OperationKind, number>>> = { telemetry: 30_000 };
const CALLER_WAIT_MS_MAX = 10_000;
const ONE: Demand = {};

/**
 * Holds a hub to its tier: what the tier does not have is refused, what comes too fast waits, what would wait
 * too long is refused, and the day's messages are counted. (protocol reference: limits 2 and 3)
 */
export class Admission implements AsyncDisposable {
  readonly #parts: AdmissionParts;
  readonly #observing: Disposable;
  #profile: TierProfile;
  #buckets = new Map<OperationKind, TokenBucket>();
  #day: number;
  #charged = 0;
  #saving: Timer | undefined;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#day = dayOf(parts.clock.now());
    this.#profile = profileOf(parts.configuration);
    this.#observing = parts.configuration.observe((now, before) => {
      if (now.resource === before.resource) return;
      this.#profile = profileOf(parts.configuration);
      this.#buckets = new Map();
    });
    if (!parts.isEnforced) return;
    parts.store.load().then(
      (reading) => {
        if (reading?.day === this.#day) this.#charged += reading.charged;
      },
      // What was charged before is forgotten; what is charged from now on counts.
      () => {},
    );
  }

  /** What the tier says of jobs, beside the rate they are managed at. Undefined while nothing is enforced. */
  get jobs(): Pick<TierProfile, "jobsMax" | "jobDevicesPerSecond"> | undefined {
    return this.#parts.isEnforced ? this.#profile : undefined;
  }

  /** Messages charged today, and how many the tier has. Undefined while nothing is enforced. */
  get usage(): { readonly charged: number; readonly perDay: number } | undefined {
    if (!this.#parts.isEnforced) return undefined;
    this.#turnDay();
    return { charged: this.#charged, perDay: this.#profile.messagesPerDay };
  }

  /**
   * Undefined when it is the caller's turn at once. Throws `NotInTier`, `QuotaExceeded` and `Throttled`.
   */
  admit(kind: OperationKind, demand: Demand = ONE): Promise<void> | undefined {
    if (!this.#parts.isEnforced) return undefined;
    const waitMs = this.#reserve(kind, demand, WAIT_MS_MAX[kind] ?? CALLER_WAIT_MS_MAX);
    if (waitMs === 0) return undefined;
    return new Promise((resolve) => this.#parts.clock.after(waitMs, resolve));
  }

  /** Charges what only its outcome tells the size of. */
  meter(charge: (blockBytes: number) => number): void {
    if (this.#parts.isEnforced) this.#charge(charge(this.#profile.blockBytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#observing[Symbol.dispose]();
    if (this.#saving === undefined) return;
    this.#saving.cancel();
    await this.#save();
  }

  #reserve(kind: OperationKind, { count = 1, charge }: Demand, waitMsMax: number): number {
    const { clock, configuration } = this.#parts;
    const perSecond = this.#profile.perSecond[kind];
    if (perSecond === undefined) {
      const { tier } = configuration.current.resource;
      throw new HubError("NotInTier", `Hubs of tier ${tier} have no ${kind}`);
    }
    const messages = charge?.(this.#profile.blockBytes) ?? 0;
    this.#turnDay();
    if (this.#charged + messages > this.#profile.messagesPerDay) {
      throw new HubError(
        "QuotaExceeded",
        `The hub has used the ${this.#profile.messagesPerDay} messages of this day`,
      );
    }
    let bucket = this.#buckets.get(kind);
    if (bucket === undefined) this.#buckets.set(kind, (bucket = new TokenBucket(clock, perSecond)));
    const waitMs = bucket.reserve(count, waitMsMax);
    if (waitMs === undefined) {
      throw new HubError(
        "Throttled",
        `Too many ${kind}: the hub's tier allows ${perSecond} a second`,
      );
    }
    if (messages > 0) this.#charge(messages);
    return waitMs;
  }

  #charge(messages: number): void {
    this.#charged += messages;
    this.#saving ??= this.#parts.clock.after(SAVE_INTERVAL_MS, () => void this.#save());
  }

  #turnDay(): void {
    const today = dayOf(this.#parts.clock.now());
    if (today === this.#day) return;
    this.#day = today;
    this.#charged = 0;
  }

  async #save(): Promise<void> {
    this.#saving = undefined;
    try {
      await this.#parts.store.save({ day: this.#day, charged: this.#charged });
    } catch {
      // The store has said why; the next charge tries again.
    }
  }
}

/** Every message counts as one block at least. */
export function blocksOf(bytes: number, blockBytes: number): number {
  return Math.max(1, Math.ceil(bytes / blockBytes));
}

function profileOf({ current }: HubConfiguration): TierProfile {
  return tierProfile(current.resource.tier, current.resource.units);
}

function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}
