import { parentPort } from "node:worker_threads";
import { createReaderService } from "./reader-service.ts";
import { portOf, serveCalls } from "../../workers/serve-calls.ts";

serveCalls(portOf(parentPort), createReaderService());
