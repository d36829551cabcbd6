import type { Clock, Timer } from "@larimar/domain";
import type { StorageLog } from "../../storage-log.ts";
import type { WorkerConnection } from "../workers/worker-connection.ts";
import type { WriterCalls } from "./writer-thread/writer-calls.ts";

export interface RetentionTimerParts {
  readonly writer: WorkerConnection<WriterCalls>;
  readonly clock: Clock;
  readonly log: StorageLog;
  readonly intervalMs: number;
  readonly onMoved: (partitionId: number, firstPosition: number) => void;
}

/** Has the writer look for events to remove, between commits and a little at a time. */
export class RetentionTimer {
  readonly #parts: RetentionTimerParts;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(parts: RetentionTimerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#wait(this.#parts.intervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #wait(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = this.#parts.clock.after(delayMs, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    const { writer, clock, log, intervalMs, onMoved } = this.#parts;
    try {
      let isDone = false;
      while (!isDone && !this.#isStopped) {
        const worker = await writer.get();
        const reply = await worker.call("sweep", { nowMs: clock.now() });
        for (const { partitionId, firstPosition } of reply.moved)
          onMoved(partitionId, firstPosition);
        isDone = reply.isDone;
      }
    } catch (error) {
      if (!this.#isStopped)
        log.warn({ error }, "old events could not be removed, trying again later");
    }
    this.#wait(intervalMs);
  }
}
