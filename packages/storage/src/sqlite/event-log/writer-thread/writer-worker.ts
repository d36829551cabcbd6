import { parentPort } from "node:worker_threads";
import { createWriterService } from "./writer-service.ts";
import { portOf, serveCalls } from "../../workers/serve-calls.ts";

serveCalls(portOf(parentPort), createWriterService());
