import { Lane } from "./lane.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { LoadConnection } from "../mqtt/load-connection.ts";
import type { RunCommand, RunResult } from "../messages.ts";
import { closedLoop, OpenLoop, type Pacer } from "./pacer.ts";
import { PublishRing } from "./publish-ring.ts";
import { until } from "../until.ts";

/** How long after the window outstanding messages may still be acknowledged; later they are reported as unacknowledged. */
const DRAIN_MS_MAX = 10_000;

/** Publishes on all connections for one run and measures what happens inside the window. */
export class PublishLoop {
  readonly #command: RunCommand;
  readonly #lanes: Lane[];
  readonly #latency = new LatencyHistogram();
  readonly #pacer: Pacer;
  readonly #openLoop: OpenLoop | undefined;
  readonly #windowStartMs: number;
  readonly #windowEndMs: number;
  readonly #errors: Record<string, number> = {};
  #marked: Lane[] = [];
  #isFlushScheduled = false;
  #isInWindow = false;
  #isSending = true;
  #acknowledgedInWindow = 0;
  #budget: number;
  #connectionsLost = 0;
  #dueSeen = 0;

  constructor(connections: readonly LoadConnection[], command: RunCommand) {
    const nowMs = performance.now();
    this.#command = command;
    this.#windowStartMs = nowMs + command.warmupSeconds * 1000;
    this.#windowEndMs = this.#windowStartMs + command.seconds * 1000;
    this.#budget = command.messagesMax ?? Number.POSITIVE_INFINITY;
    if (command.ratePerSecond !== undefined) {
      this.#openLoop = new OpenLoop({
        firstDueMs: nowMs,
        endMs: this.#windowEndMs,
        lanes: connections.length,
        ratePerSecond: command.ratePerSecond,
      });
    }
    this.#pacer = this.#openLoop ?? closedLoop;
    const payload = Buffer.alloc(command.payloadBytes, "larimar ");
    this.#lanes = connections.map((connection, index) => {
      const ring = new PublishRing({
        topic: connection.identity.topic,
        slots: command.inFlight,
        payload,
      });
      const lane = new Lane({ index, connection, ring, events: this.#laneEvents });
      connection.onPuback = (packetId) => lane.acknowledge(packetId);
      connection.onLost = (reason) => this.#lose(lane, reason);
      if (!connection.isOpen) this.#lose(lane, "lost before the run");
      return lane;
    });
  }

  async run(onMilestone: (kind: "window-opened" | "window-closed") => void): Promise<RunResult> {
    for (const lane of this.#lanes) this.#mark(lane);
    this.#flush();
    if (this.#openLoop !== undefined) this.#tick();
    await until(() => performance.now() >= this.#windowStartMs);
    this.#isInWindow = true;
    onMilestone("window-opened");
    const openedMs = performance.now();
    const openedCpu = process.cpuUsage();
    await until(() => performance.now() >= this.#windowEndMs || this.#isBudgetSpent());
    this.#isInWindow = false;
    const seconds = (performance.now() - openedMs) / 1000;
    const cpu = process.cpuUsage(openedCpu);
    onMilestone("window-closed");
    const drainEndMs = performance.now() + DRAIN_MS_MAX;
    if (this.#openLoop === undefined) this.#isSending = false;
    await until(() => this.#unacknowledged() === 0 || performance.now() >= drainEndMs);
    this.#isSending = false;
    return {
      acknowledged: this.#acknowledgedInWindow,
      seconds,
      latency: this.#latency.summary(),
      generatorCpuSeconds: (cpu.user + cpu.system) / 1e6,
      unacknowledged: this.#unacknowledged(),
      connectionsLost: this.#connectionsLost,
      errors: this.#errors,
    };
  }

  get #laneEvents() {
    return {
      acknowledged: (lane: Lane, startMs: number) => {
        if (this.#isInWindow) this.#acknowledgedInWindow += 1;
        // A closed loop measures what was answered in the window; an open loop what was due in it, however late the answer.
        const isMeasured =
          this.#openLoop === undefined
            ? this.#isInWindow
            : startMs >= this.#windowStartMs && startMs < this.#windowEndMs;
        if (isMeasured) this.#latency.recordMs(performance.now() - startMs);
        if (lane.outstanding === 0) this.#refill(lane);
        else this.#mark(lane);
      },
      unexpectedAcknowledgement: () => this.#countError("unexpected acknowledgement"),
    };
  }

  /** Many reads of one turn of the event loop lead to one write per connection. */
  #mark(lane: Lane): void {
    if (lane.isMarked) return;
    lane.isMarked = true;
    this.#marked.push(lane);
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushScheduled = false;
    const lanes = this.#marked;
    this.#marked = [];
    for (const lane of lanes) {
      lane.isMarked = false;
      this.#refill(lane);
    }
  }

  #refill(lane: Lane): void {
    if (!this.#isSending || lane.room === 0) return;
    const nowMs = performance.now();
    const count = Math.min(lane.room, this.#budget, this.#pacer.dueCount(lane, nowMs));
    if (count <= 0) return;
    this.#budget -= count;
    lane.send(count, (message) => this.#pacer.startMs(lane, message, nowMs));
  }

  /** Open loop: look at the clock on every turn of the event loop; a timer would add its own millisecond. */
  #tick(): void {
    if (!this.#isSending || this.#openLoop === undefined) return;
    const dueTotal = this.#openLoop.dueTotal(performance.now());
    const lanesDue = Math.min(dueTotal - this.#dueSeen, this.#lanes.length);
    for (let n = 0; n < lanesDue; n++) {
      this.#refill(this.#lanes[(this.#dueSeen + n) % this.#lanes.length]!);
    }
    this.#dueSeen = dueTotal;
    setImmediate(() => this.#tick());
  }

  #isBudgetSpent(): boolean {
    return this.#budget <= 0 && this.#lanes.every((lane) => lane.outstanding === 0);
  }

  #unacknowledged(): number {
    let count = 0;
    for (const lane of this.#lanes) {
      const unsent =
        this.#openLoop === undefined || this.#command.messagesMax !== undefined
          ? 0
          : this.#openLoop.dueCount(lane, this.#windowEndMs);
      count += lane.outstanding + unsent;
    }
    return count;
  }

  #lose(lane: Lane, reason: string): void {
    lane.isLost = true;
    this.#connectionsLost += 1;
    this.#countError(reason);
  }

  #countError(reason: string): void {
    this.#errors[reason] = (this.#errors[reason] ?? 0) + 1;
  }
}
