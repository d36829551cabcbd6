import { parentPort } from "node:worker_threads";
import { toStorageError } from "../../storage-error.ts";
import type { Calls, WorkerError } from "./worker-calls.ts";

export interface Request<C extends Calls> {
  readonly name: keyof C;
  readonly request: C[keyof C]["request"];
}

export type Reply<C extends Calls> =
  | { readonly value: C[keyof C]["reply"] }
  | { readonly error: WorkerError };

export type Handlers<C extends Calls> = {
  readonly [K in keyof C]: (request: C[K]["request"]) => C[K]["reply"];
};

/**
 * The worker's end: calls are answered one after another in the order they came. `buffersOf` names what
 * changes hands with an answer instead of being copied.
 */
export function serveCalls<C extends Calls>(
  handlers: Handlers<C>,
  buffersOf: (reply: C[keyof C]["reply"]) => ArrayBuffer[],
): void {
  const port = parentPort;
  if (port === null) throw new Error("This file runs in a worker thread only");
  port.on("message", ({ name, request }: Request<C>) => {
    try {
      const value = handlers[name](request);
      port.postMessage({ value } satisfies Reply<C>, buffersOf(value));
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
