import { EventsReader } from "./events-reader.ts";
import { serveCalls } from "./serve-calls.ts";
import type { ReaderCalls } from "./worker-calls.ts";

let reader: EventsReader | undefined;

function opened(): EventsReader {
  if (reader === undefined) throw new Error("The event log is not open");
  return reader;
}

serveCalls<ReaderCalls>(
  {
    open(options) {
      reader = new EventsReader(options);
    },
    read: (request) => opened().read(request),
    positionAt: (request) => opened().positionAt(request),
    close: () => reader?.close(),
  },
  (reply) =>
    reply !== undefined && "batches" in reply
      ? reply.batches.map(({ records }) => records.buffer as ArrayBuffer)
      : [],
);
