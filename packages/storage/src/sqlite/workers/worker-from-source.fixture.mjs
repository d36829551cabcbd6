// Runs a worker's TypeScript source on a Node that cannot do it by itself. Never part of what is shipped.
import { workerData } from "node:worker_threads";
import { tsImport } from "tsx/esm/api";

await tsImport(workerData.entry, import.meta.url);
