import { constants } from "node:os";
import { describeOptions, runServer } from "@larimar/server";
import type { Command } from "../command.ts";

export const start: Command = {
  usage: `[options]\n\nEach option is also an environment variable, LARIMAR_MQTT_PORT for --mqtt-port.\n\n${describeOptions()}`,
  run: ({ args, environment, print, complain }) =>
    runServer({
      args,
      environment,
      signals: process,
      nowMs: () => performance.now(),
      say: print,
      complain,
      endAtOnce: (signal) => process.exit(128 + constants.signals[signal]),
    }),
};
