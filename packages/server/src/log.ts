import type { Logger } from "pino";
import { destination, pino } from "pino";
import type { Config } from "./config/config-schema.ts";

export type { Logger } from "pino";

/** Structured logs go to stderr; stdout is for people. */
export function createLogger(level: Config["logLevel"]): Logger {
  return pino({ level }, destination({ fd: 2, sync: true }));
}
