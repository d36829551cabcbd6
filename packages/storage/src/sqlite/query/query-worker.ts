import { parentPort } from "node:worker_threads";
import { portOf, serveCalls } from "../event-log/serve-calls.ts";
import { createQueryService } from "./query-service.ts";

serveCalls(portOf(parentPort), createQueryService());
