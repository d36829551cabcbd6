import type { Worker } from "node:worker_threads";
import { StorageError } from "../../storage-error.ts";
import { WorkerCaller } from "./worker-caller.ts";
import type { Calls } from "./calls.ts";

export interface WorkerConnectionParts<C extends Calls> {
  /** Begins sentences about what keeps a call from its answer. */
  readonly owner: string;
  readonly start: () => Worker;
  /** Brings a new worker up to date; until it has, nobody else may ask it for anything. */
  readonly prepare: (worker: WorkerCaller<C>) => Promise<void>;
}

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
      return Promise.reject(new StorageError("failed", `${this.#parts.owner} is closed.`));
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

  /** Ends the worker; whoever needs one next starts another. */
  async end(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined);
    this.#worker = undefined;
    await worker?.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.end();
  }

  async #start(onGone: () => void): Promise<WorkerCaller<C>> {
    const { owner, start, prepare } = this.#parts;
    const worker = new WorkerCaller<C>(start(), { owner, onGone });
    try {
      await prepare(worker);
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }
}
