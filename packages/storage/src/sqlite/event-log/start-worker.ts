import { Worker } from "node:worker_threads";

export type WorkerName = "reader" | "writer";

/** Tests bring their own, to get hold of the worker. */
export type StartWorker = (name: WorkerName) => Worker;

/**
 * Workers are files of their own, beside this one: `.js` when compiled, `.ts` when run from source. Not every
 * Node that runs Larimar can read the latter by itself, so that a small loader goes first.
 */
export const startWorker: StartWorker = (name) => {
  const isCompiled = import.meta.url.endsWith(".js");
  const entry = new URL(`./${name}-worker.${isCompiled ? "js" : "ts"}`, import.meta.url);
  const canRun = isCompiled || Boolean((process.features as { typescript?: unknown }).typescript);
  const options = { name: `larimar event ${name}`, execArgv: [] };
  if (canRun) return new Worker(entry, options);
  const loader = new URL("./worker-from-source.fixture.mjs", import.meta.url);
  return new Worker(loader, { ...options, workerData: { entry: entry.href } });
};
