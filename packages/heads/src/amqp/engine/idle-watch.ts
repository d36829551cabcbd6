import type { Clock, Timer } from "@larimar/domain";

export interface IdleWatchParts {
  readonly clock: Clock;
  /** The peer is given up after this time without a byte. */
  readonly silenceMaxMs: number;
  readonly onSilence: () => void;
  readonly sendHeartbeat: () => void;
}

/** Longer timers are not needed: this watch looks at the clock at least this often. */
const LOOK_INTERVAL_MS_MAX = 60_000;

/**
 * Keeps a quiet connection alive and notices a dead one. One timer for both, re-armed when it fires: what
 * is read and written costs no more than a look at the clock. [AMQP 1.0 2.4.5]
 */
export class IdleWatch {
  readonly #parts: IdleWatchParts;
  #lastReadAtMs: number;
  #lastWrittenAtMs: number;
  /** Half of what the peer asks for; undefined when it asks for nothing. */
  #heartbeatMs: number | undefined;
  #timer: Timer | undefined;

  constructor(parts: IdleWatchParts) {
    this.#parts = parts;
    this.#lastReadAtMs = parts.clock.now();
    this.#lastWrittenAtMs = this.#lastReadAtMs;
  }

  start(peerTimeoutMs: number | undefined): void {
    this.#heartbeatMs = peerTimeoutMs === undefined ? undefined : peerTimeoutMs / 2;
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#heartbeatMs = undefined;
  }

  read(): void {
    this.#lastReadAtMs = this.#parts.clock.now();
  }

  wrote(): void {
    this.#lastWrittenAtMs = this.#parts.clock.now();
  }

  #arm(): void {
    const now = this.#parts.clock.now();
    const untilSilenceMs = this.#lastReadAtMs + this.#parts.silenceMaxMs - now;
    const untilHeartbeatMs =
      this.#heartbeatMs === undefined ? Infinity : this.#lastWrittenAtMs + this.#heartbeatMs - now;
    const delayMs = Math.min(untilSilenceMs, untilHeartbeatMs, LOOK_INTERVAL_MS_MAX);
    this.#timer = this.#parts.clock.after(Math.max(delayMs, 1), () => this.#look());
  }

  #look(): void {
    const { clock, silenceMaxMs, onSilence, sendHeartbeat } = this.#parts;
    const now = clock.now();
    this.#timer = undefined;
    if (now - this.#lastReadAtMs >= silenceMaxMs) {
      onSilence();
      return;
    }
    if (this.#heartbeatMs !== undefined && now - this.#lastWrittenAtMs >= this.#heartbeatMs) {
      this.#lastWrittenAtMs = now;
      sendHeartbeat();
    }
    this.#arm();
  }
}
