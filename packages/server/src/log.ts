import type { Log } from "@larimar/heads";
import { destination, pino } from "pino";
import type { Config } from "./config/config-schema.ts";

/** One named logger per subsystem. */
export interface ServerLog extends Log {
  child(bindings: { subsystem: string }): Log;
}

/** Lines that wait because nobody reads stderr; beyond it, new ones are dropped rather than wait for. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** Structured logs go to stderr; stdout is for people. */
export function createLogger(level: Config["logLevel"]): ServerLog {
  return pino({ level }, destination({ fd: 2, sync: false, maxLength: WAITING_BYTES_MAX }));
}
