import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { portOf, serveCalls } from "../../workers/serve-calls.ts";
import { createQueryService } from "./query-service.ts";

/** Four times the share of a core for others, when there is not enough for all. */
const NICENESS = 5;

// Whoever sends telemetry goes before whoever asks. On Linux this is about the calling thread alone.
if (process.platform === "linux") setPriority(NICENESS);

serveCalls(portOf(parentPort), createQueryService());
