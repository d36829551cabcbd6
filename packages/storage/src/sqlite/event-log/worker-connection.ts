import { StorageError } from "../../storage-error.ts";
import { WorkerCaller } from "./call-worker.ts";
import type { StartWorker, WorkerName } from "./start-worker.ts";
import type { Calls, ReaderCalls, WriterCalls } from "./worker-calls.ts";

export interface WorkerConnectionParts<C extends Calls> {
  readonly name: WorkerName;
  readonly startWorker: StartWorker;
  /** Brings a new worker up to date; until it has, nobody else may ask it for anything. */
  readonly prepare: (worker: WorkerCaller<C>) => Promise<void>;
}

export type WriterConnection = WorkerConnection<WriterCalls>;
export type ReaderConnection = WorkerConnection<ReaderCalls>;

/** A worker that is started when first needed; when it is gone, whoever needs it next starts another. */
export class WorkerConnection<C extends Calls> {
  readonly #parts: WorkerConnectionParts<C>;
  #worker: Promise<WorkerCaller<C>> | undefined;
  #isClosed = false;

  constructor(parts: WorkerConnectionParts<C>) {
    this.#parts = parts;
  }

  /** Rejects with `StorageError`; whoever asks after that tries again. */
  get(): Promise<WorkerCaller<C>> {
    if (this.#isClosed) {
      return Promise.reject(new StorageError("failed", "The event log is closed."));
    }
    if (this.#worker !== undefined) return this.#worker;
    const forget = (): void => {
      if (this.#worker === started) this.#worker = undefined;
    };
    const started = this.#start(forget);
    this.#worker = started;
    started.catch(forget);
    return started;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.close();
  }

  async #start(onGone: () => void): Promise<WorkerCaller<C>> {
    const { name, startWorker, prepare } = this.#parts;
    const worker = new WorkerCaller<C>(startWorker(name), onGone);
    try {
      await prepare(worker);
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }
}
