import type { Worker } from "node:worker_threads";
import { StorageError } from "../../storage-error.ts";
import type { Reply, Request } from "./serve-calls.ts";
import type { Calls } from "./calls.ts";

export interface WorkerOwner {
  /** Begins the sentence about what became of the worker. */
  readonly owner: string;
  readonly onGone: () => void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StorageError): void;
}

/** The main thread's end of a worker. A worker that is gone stays gone: its owner starts another. */
export class WorkerCaller<C extends Calls> {
  readonly #worker: Worker;
  readonly #owner: string;
  /** In the order of the calls, which is the order of the answers. */
  readonly #waiting: Waiting[] = [];
  #failure: StorageError | undefined;

  constructor(worker: Worker, { owner, onGone }: WorkerOwner) {
    this.#worker = worker;
    this.#owner = owner;
    // Only a call that waits for its answer keeps the process alive.
    worker.unref();
    worker.on("message", (reply: Reply<C>) => this.#answer(reply));
    worker.on("error", (error) => this.#fail(`failed (${String(error)})`, error));
    worker.on("exit", () => {
      this.#fail("ended unexpectedly");
      onGone();
    });
  }

  call<K extends keyof C>(
    name: K,
    request: C[K]["request"],
    transfer: ArrayBuffer[] = [],
  ): Promise<C[K]["reply"]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ name, request } satisfies Request<C>, transfer);
      if (this.#waiting.length === 0) this.#worker.ref();
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Lets the worker finish what it was asked, and ends it. */
  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    const ended = new Promise<void>((resolve) => void this.#worker.once("exit", () => resolve()));
    // One that cannot close its database is gone all the same.
    await this.call("close", undefined).catch(() => this.#worker.terminate());
    this.#worker.ref();
    await ended;
  }

  #answer(reply: Reply<C>): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if ("error" in reply) waiting?.reject(new StorageError(reply.error.code, reply.error.message));
    else waiting?.resolve(reply.value);
  }

  #fail(how: string, cause?: unknown): void {
    this.#failure ??= new StorageError("failed", `${this.#owner}: a worker ${how}.`, { cause });
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
