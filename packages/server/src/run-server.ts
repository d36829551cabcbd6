import { once } from "node:events";
import { StorageError } from "@larimar/storage";
import type { Config } from "./config/config-schema.ts";
import { readConfigSources } from "./config/config-sources.ts";
import { ConfigError, parseConfig } from "./config/parse-config.ts";
import { describeStart } from "./connection/describe-start.ts";
import { createLogger } from "./log.ts";
import type { SignalSource } from "./process/stop-signals.ts";
import { watchStopSignals } from "./process/stop-signals.ts";
import { StartError } from "./start-error.ts";
import { startServer } from "./start-server.ts";
import { readVersion } from "./version.ts";

/** What a process gives a server to run in. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signals: SignalSource;
  /** Never runs backwards. */
  readonly nowMs: () => number;
  /** Lines for people. */
  readonly say: (text: string) => void;
  /** Why something did not work. */
  readonly complain: (text: string) => void;
  readonly endAtOnce: (signal: NodeJS.Signals) => void;
}

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs a server until a signal stops it; resolves with the exit code. */
export async function runServer(surroundings: Surroundings): Promise<number> {
  const { args, environment, complain } = surroundings;
  try {
    const config = parseConfig(await readConfigSources(args, environment));
    await serveUntilStopped(config, surroundings);
    return EXIT_OK;
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) complain(`larimar: ${problem}.`);
      return EXIT_USAGE;
    }
    if (error instanceof StartError || error instanceof StorageError) {
      complain(`larimar: ${error.message}`);
      return EXIT_FAILED;
    }
    throw error;
  }
}

async function serveUntilStopped(config: Config, surroundings: Surroundings): Promise<void> {
  const { signals, nowMs, say, endAtOnce } = surroundings;
  const startedAtMs = nowMs();
  using watch = watchStopSignals({ source: signals, nowMs, endAtOnce });
  const log = createLogger(config.logLevel);
  await using server = await startServer(config, { log });
  const { connection, connectionFile, directory, notices } = server;
  for (const notice of notices) say(notice);
  say(describeStart({ connection, connectionFile, directory, version: readVersion() }));
  say(`\nLarimar is ready (${Math.round(nowMs() - startedAtMs)} ms)`);
  if (!watch.stop.aborted) await once(watch.stop, "abort");
  log.info({}, "shutting down");
}
