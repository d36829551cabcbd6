import type { Secrets } from "../access/secrets.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { FeedbackSettings } from "./command-settings.ts";
import type { NotificationStore } from "./command-store.ts";
import type { FeedbackRecord } from "./command.ts";

export interface FeedbackParts<Record> {
  readonly store: NotificationStore<Record>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly settings: () => FeedbackSettings;
  readonly batch: BatchRule;
}

/** A batch is ready when it is full, or when its oldest record has waited long enough. */
export interface BatchRule {
  readonly recordsMax: number;
  readonly waitMaxMs: number;
}

export const FEEDBACK_BATCH: BatchRule = { recordsMax: 64, waitMaxMs: 15_000 };
/** File-upload notifications travel alone and at once. */
export const SINGLE_BATCH: BatchRule = { recordsMax: 1, waitMaxMs: 0 };

/** What the store refused is tried again after this time. */
const PUMP_RETRY_MS = 1_000;

export interface NotificationBatch<Record> {
  readonly lockToken: string;
  readonly records: readonly Record[];
  readonly enqueuedAtMs: number;
}

/** A back end that wants notifications; competing receivers share one queue. */
export interface NotificationReceiver<Record> {
  readonly capacity: number;
  deliver(batch: NotificationBatch<Record>): void;
}

/** Records for back ends, kept until one settles them: feedback of commands, file-upload notifications. */
export class NotificationQueue<Record> implements Disposable {
  readonly #parts: FeedbackParts<Record>;
  readonly #receivers = new Set<NotificationReceiver<Record>>();
  #timer: Timer | undefined;
  #pumping: { again: boolean } | undefined;

  constructor(parts: FeedbackParts<Record>) {
    this.#parts = parts;
  }

  async add(record: Record): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const expiresAtMs = nowMs + this.#parts.settings().timeToLiveMs;
    await this.#parts.store.add([record], { nowMs, expiresAtMs });
    void this.pump();
  }

  subscribe(receiver: NotificationReceiver<Record>): Disposable {
    this.#receivers.add(receiver);
    void this.pump();
    return { [Symbol.dispose]: () => void this.#receivers.delete(receiver) };
  }

  /** Takes one batch by hand, full or not. */
  receive(): Promise<NotificationBatch<Record> | undefined> {
    return this.#lock();
  }

  /** Throws `LockLost`. */
  async complete(lockToken: string): Promise<void> {
    if (!(await this.#parts.store.settle(lockToken, this.#parts.clock.now()))) throw lockLost();
  }

  /** Throws `LockLost`. */
  async abandon(lockToken: string): Promise<void> {
    const { store, clock, settings } = this.#parts;
    const options = { nowMs: clock.now(), deliveryCountMax: settings().deliveryCountMax };
    if (!(await store.release(lockToken, options))) throw lockLost();
    void this.pump();
  }

  /** Hands ready batches to receivers that have room; call when a receiver's capacity grew. Does not reject. */
  async pump(): Promise<void> {
    if (this.#pumping !== undefined) {
      this.#pumping.again = true;
      return;
    }
    const state = { again: true };
    this.#pumping = state;
    try {
      while (state.again) {
        state.again = false;
        await this.#pumpOnce();
      }
    } catch {
      // The store has said why.
      if (this.#receivers.size > 0) this.#pumpAt(this.#parts.clock.now() + PUMP_RETRY_MS);
    } finally {
      this.#pumping = undefined;
    }
  }

  /** Forgets what nobody took in time; the hub calls it from time to time, receivers or not. */
  async sweep(): Promise<void> {
    await this.#parts.store.removeExpired(this.#parts.clock.now());
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#receivers.clear();
  }

  async #pumpOnce(): Promise<void> {
    const { store, clock, batch } = this.#parts;
    for (;;) {
      const receiver = [...this.#receivers].find((candidate) => candidate.capacity > 0);
      if (receiver === undefined) return;
      const { count, oldestEnqueuedAtMs } = await store.waiting(clock.now());
      if (count === 0) return;
      const readyAtMs = oldestEnqueuedAtMs + batch.waitMaxMs;
      if (count < batch.recordsMax && clock.now() < readyAtMs) {
        this.#pumpAt(readyAtMs);
        return;
      }
      const locked = await this.#lock();
      if (locked === undefined) return;
      receiver.deliver(locked);
      this.#receivers.delete(receiver);
      this.#receivers.add(receiver); // the next batch goes to whoever waited longest
    }
  }

  #pumpAt(timeMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(Math.max(timeMs - this.#parts.clock.now(), 0), () => {
      void this.pump();
    });
  }

  async #lock(): Promise<NotificationBatch<Record> | undefined> {
    const { store, clock, secrets, settings, batch } = this.#parts;
    const nowMs = clock.now();
    await store.removeExpired(nowMs);
    const lockedUntilMs = nowMs + settings().lockDurationMs;
    // What nobody settles in time is looked at again when its lock has run out.
    this.#pumpAt(lockedUntilMs);
    const lockToken = secrets.createUuid();
    return store.lock({ limit: batch.recordsMax, nowMs, lockedUntilMs, lockToken });
  }
}

export type Feedback = NotificationQueue<FeedbackRecord>;

function lockLost(): HubError {
  return new HubError("LockLost", "The lock on the notification is lost");
}
