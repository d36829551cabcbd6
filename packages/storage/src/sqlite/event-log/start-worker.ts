import type { Worker } from "node:worker_threads";
import { startWorkerFile } from "../workers/start-worker-file.ts";

export type WorkerName = "reader" | "writer";

/** Tests bring their own, to get hold of the worker. */
export type StartWorker = (name: WorkerName) => Worker;

export const startWorker: StartWorker = (name) =>
  startWorkerFile(`./${name}-thread/${name}-worker`, {
    base: import.meta.url,
    name: `larimar event ${name}`,
  });
