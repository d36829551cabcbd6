/** Decides when messages may leave, and from which moment their latency counts. */
export interface Pacer {
  /** How many further messages a lane may have sent by `nowMs`, apart from the limit of its window. */
  dueCount(lane: { index: number; sent: number }, nowMs: number): number;
  /** The moment from which the latency of a lane's n-th message counts. */
  startMs(lane: { index: number }, message: number, nowMs: number): number;
}

/** Closed loop: a lane sends whenever its window has room, so latency counts from the write. */
export const closedLoop: Pacer = {
  dueCount: () => Number.POSITIVE_INFINITY,
  startMs: (_lane, _message, nowMs) => nowMs,
};

/**
 * Open loop: message g of the whole run is due at g / rate on lane g mod lanes, whatever the server does. Latency counts
 * from that moment, so a stall is charged with every message it made late (no coordinated omission).
 */
export class OpenLoop implements Pacer {
  readonly #firstDueMs: number;
  readonly #endMs: number;
  readonly #lanes: number;
  readonly #messagesPerMs: number;

  constructor(options: {
    firstDueMs: number;
    endMs: number;
    lanes: number;
    ratePerSecond: number;
  }) {
    this.#firstDueMs = options.firstDueMs;
    this.#endMs = options.endMs;
    this.#lanes = options.lanes;
    this.#messagesPerMs = options.ratePerSecond / 1000;
  }

  /** Messages of the whole run that are due by now. */
  dueTotal(nowMs: number): number {
    const elapsedMs = Math.min(nowMs, this.#endMs) - this.#firstDueMs;
    return elapsedMs < 0 ? 0 : Math.floor(elapsedMs * this.#messagesPerMs) + 1;
  }

  dueCount(lane: { index: number; sent: number }, nowMs: number): number {
    const dueOnLane = Math.ceil((this.dueTotal(nowMs) - lane.index) / this.#lanes);
    return Math.max(0, dueOnLane - lane.sent);
  }

  startMs(lane: { index: number }, message: number): number {
    return this.#firstDueMs + (message * this.#lanes + lane.index) / this.#messagesPerMs;
  }
}
