import type { MessagePort } from "node:worker_threads";
import { toStorageError } from "../../storage-error.ts";
import type { Calls, WorkerError } from "./calls.ts";

export interface Request<C extends Calls> {
  readonly name: keyof C;
  readonly request: C[keyof C]["request"];
}

export type Reply<C extends Calls> =
  | { readonly value: C[keyof C]["reply"] }
  | { readonly error: WorkerError };

/** How a worker answers: each call in turn, in the order they came. */
export interface Service<C extends Calls> {
  readonly handlers: { readonly [K in keyof C]: (request: C[K]["request"]) => C[K]["reply"] };
  /** What changes hands with an answer instead of being copied. */
  buffersOf(reply: C[keyof C]["reply"]): ArrayBuffer[];
}

export function serveCalls<C extends Calls>(port: MessagePort, service: Service<C>): void {
  port.on("message", ({ name, request }: Request<C>) => {
    try {
      const value = service.handlers[name](request);
      port.postMessage({ value } satisfies Reply<C>, service.buffersOf(value));
    } catch (error) {
      port.postMessage({ error: toWorkerError(error) } satisfies Reply<C>);
    }
    if (name === "close") port.close();
  });
}

/** Errors lose their class on the way to another thread. */
export function toWorkerError(error: unknown, file = "events.db"): WorkerError {
  const { code, message } = toStorageError(error, file);
  return { code, message };
}

/** The port of the thread that runs this file's importer; a file for a worker is of no use elsewhere. */
export function portOf(parentPort: MessagePort | null): MessagePort {
  if (parentPort === null) throw new Error("This file runs in a worker thread only");
  return parentPort;
}
