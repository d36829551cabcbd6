import type { Command } from "../command.ts";
import { EXIT_OK, UsageError } from "../command-error.ts";
import { describeEvent } from "../events/received-event.ts";
import { watchEvents } from "../events/watch-events.ts";
import { chooseHub, dataDirectory, readConnection } from "../connection/connection-file.ts";
import { readArguments } from "../read-arguments.ts";

const OPTIONS = {
  device: { type: "string" },
  "from-start": { type: "boolean" },
  count: { type: "string" },
  data: { type: "string" },
  hub: { type: "string" },
  json: { type: "boolean" },
} as const;

export const monitor: Command = {
  usage: [
    "[options]",
    "",
    "  --device ID   events of this device only",
    "  --from-start  everything that is kept, then what comes",
    "  --count N     end after N events",
    "  --data DIR    data directory of the server (default: larimar-data)",
    "  --hub NAME    another hub than the default one",
    "  --json        print JSON, an event per line",
  ].join("\n"),
  async run({ args, environment, print, complain }) {
    const read = readArguments(args, { positionals: [], options: OPTIONS });
    const deviceId = read.text("device");
    let left = readCount(read.text("count"));
    const connection = await readConnection(dataDirectory(read.text("data"), environment));
    const hub = chooseHub(connection, read.text("hub"));
    const stopping = new AbortController();
    const onSignal = () => stopping.abort();
    process.once("SIGINT", onSignal);
    process.once("SIGTERM", onSignal);
    try {
      await watchEvents({
        connection,
        hub,
        from: read.isSet("from-start") ? "earliest" : "latest",
        onOpen: () => complain(`Waiting for events of hub ${hub.name}; Ctrl-C ends it.`),
        onEvent(event) {
          if (stopping.signal.aborted || (deviceId !== undefined && event.deviceId !== deviceId))
            return;
          print(read.isSet("json") ? JSON.stringify(event) : describeEvent(event));
          left -= 1;
          if (left === 0) stopping.abort();
        },
        stop: stopping.signal,
      });
    } finally {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    }
    return EXIT_OK;
  },
};

function readCount(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError("--count must be a whole number from 1 on.");
}
