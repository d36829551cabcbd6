import { Worker } from "node:worker_threads";

const isCompiled = import.meta.url.endsWith(".js");
const extension = isCompiled ? "js" : "ts";

/**
 * Workers are files of their own, `.js` when compiled, `.ts` when run from source. Not every Node that runs
 * Larimar can read the latter by itself, so that a small loader goes first. `file` is without its ending.
 */
export function startWorkerFile(
  file: string,
  { base, name }: { base: string; name: string },
): Worker {
  const entry = new URL(`${file}.${extension}`, base);
  const canRun = isCompiled || Boolean((process.features as { typescript?: unknown }).typescript);
  const options = { name, execArgv: [] };
  if (canRun) return new Worker(entry, options);
  const loader = new URL("./worker-from-source.fixture.mjs", import.meta.url);
  return new Worker(loader, { ...options, workerData: { entry: entry.href } });
}
