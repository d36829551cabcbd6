import type { CancelSignal } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { StorageError } from "../../../storage-error.ts";
import type { StorageLimits } from "../../../storage-limits.ts";
import { startWorkerFile } from "../../workers/start-worker-file.ts";
import { WorkerConnection } from "../../workers/worker-connection.ts";
import type { TwinMemory } from "../../twins/twin-memory.ts";
import type { MemoryWish } from "../memory/memory-search.ts";
import { MemoryWishes } from "./memory-wishes.ts";
import type { QueryBudget, QueryCalls, QueryFailure } from "./query-calls.ts";

type QueryName = "page" | "groups" | "keys";
type RequestOf<K extends QueryName> = Omit<QueryCalls[K]["request"], keyof QueryBudget | "columns">;
type ResultOf<K extends QueryName> = Extract<QueryCalls[K]["reply"], { kind: "done" }>;

type Thread = WorkerConnection<QueryCalls>;

interface Waiting {
  /** Gives the turn, or the reason why there will be none. */
  readonly go: (thread: Thread) => void;
  readonly fail: (error: unknown) => void;
}

export interface QueryPoolParts {
  readonly file: string;
  readonly limits: StorageLimits;
  readonly memory: TwinMemory;
}

/**
 * Queries run in threads of their own, one at a time in each, and wait in line for one of them. More than may
 * wait are refused with `Busy`; one that runs too long ends with `QueryTimeout`. A thread that nobody waits
 * for reads into memory what the queries before missed.
 */
export class QueryPool implements AsyncDisposable {
  readonly #parts: QueryPoolParts;
  readonly #idle: Thread[];
  readonly #threads: readonly Thread[];
  readonly #waiting: Waiting[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #wishes = new MemoryWishes(() => performance.now());
  readonly #isClosing = new Int32Array(new SharedArrayBuffer(4));
  #isClosed = false;

  constructor(parts: QueryPoolParts) {
    this.#parts = parts;
    const count = parts.limits.queryWorkersMax;
    this.#threads = Array.from({ length: count }, () => openThread(parts));
    this.#idle = [...this.#threads];
  }

  async run<K extends QueryName>(
    name: K,
    request: RequestOf<K>,
    signal?: CancelSignal,
  ): Promise<ResultOf<K>> {
    signal?.throwIfAborted();
    const thread = await this.#turn(signal);
    const running = this.#ask(thread, name, request, signal);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      this.#release(thread);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    Atomics.store(this.#isClosing, 0, 1);
    for (const { fail } of this.#waiting.splice(0)) fail(closed());
    await Promise.allSettled(this.#running);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #turn(signal: CancelSignal | undefined): Promise<Thread> {
    if (this.#isClosed) return Promise.reject(closed());
    const thread = this.#idle.pop();
    if (thread !== undefined) return Promise.resolve(thread);
    if (this.#waiting.length >= this.#parts.limits.queriesWaitingMax) {
      return Promise.reject(new HubError("Busy", "Too many queries are waiting for their turn"));
    }
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(reasonOf(signal));
      };
      const waiting: Waiting = {
        go: (free) => {
          signal?.removeEventListener("abort", forget);
          resolve(free);
        },
        fail: (error) => {
          signal?.removeEventListener("abort", forget);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener("abort", forget, { once: true });
    });
  }

  #release(thread: Thread): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next.go(thread);
    const wish = this.#isClosed ? undefined : this.#wishes.take();
    if (wish === undefined) return void this.#idle.push(thread);
    const filling = this.#fill(thread, wish).finally(() => {
      this.#running.delete(filling);
      this.#wishes.done();
      this.#release(thread);
    });
    this.#running.add(filling);
  }

  /** Never fails: without this queries take longer, and that is all. */
  async #fill(thread: Thread, wish: MemoryWish): Promise<void> {
    const { memory, limits } = this.#parts;
    const begun = memory.begin(wish, wish.lastId);
    if (begun === undefined) return;
    try {
      const caller = await thread.get();
      const budget = { cancelled: this.#isClosing, timeMaxMs: limits.queryTimeMaxMs };
      const { kind } = await caller.call("fillMemory", { ...budget, column: begun });
      if (kind === "done") memory.finish(begun);
      else memory.abandon(begun);
    } catch {
      memory.abandon(begun);
    }
  }

  async #ask<K extends QueryName>(
    thread: Thread,
    name: K,
    request: RequestOf<K>,
    signal: CancelSignal | undefined,
  ): Promise<ResultOf<K>> {
    const caller = await thread.get();
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    const cancel = (): void => void Atomics.store(cancelled, 0, 1);
    if (signal?.aborted === true) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const { memory, limits } = this.#parts;
    const budget: QueryBudget = { cancelled, timeMaxMs: limits.queryTimeMaxMs };
    const asked = { ...request, ...budget, columns: memory.columns } as QueryCalls[K]["request"];
    try {
      const reply = await caller.call(name, asked);
      if (reply.kind !== "done") throw this.#failure(reply, signal);
      memory.used(reply.used);
      if (reply.wish !== undefined) this.#wishes.add(reply.wish);
      // Statements cannot be given back one by one, only with the thread that has them.
      if (reply.statements >= limits.queryStatementsMax) await thread.end();
      return reply as ResultOf<K>;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  #failure(reply: QueryFailure, signal: CancelSignal | undefined): Error {
    switch (reply.kind) {
      case "cancelled":
        return reasonOf(signal);
      case "refused":
        return new HubError("ArgumentInvalid", reply.message);
      case "timedOut":
        return new HubError(
          "QueryTimeout",
          `The query took longer than ${this.#parts.limits.queryTimeMaxMs / 1000} seconds`,
        );
    }
  }
}

function openThread({ file, limits }: QueryPoolParts): Thread {
  return new WorkerConnection<QueryCalls>({
    owner: "The queries",
    start: () =>
      startWorkerFile("./query-worker", { base: import.meta.url, name: "larimar query" }),
    prepare: (worker) => worker.call("open", { file, pageBytesMax: limits.queryPageBytesMax }),
  });
}

function closed(): StorageError {
  return new StorageError("failed", "The storage is closed.");
}

/** What the signal throws is what whoever cancelled wants to be thrown. */
function reasonOf(signal: CancelSignal | undefined): Error {
  try {
    signal?.throwIfAborted();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  return new Error("The query was cancelled");
}
