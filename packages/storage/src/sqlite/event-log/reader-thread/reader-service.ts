import { EventsReader } from "./events-reader.ts";
import type { Service } from "../../workers/serve-calls.ts";
import type { ReaderCalls } from "./reader-calls.ts";

export function createReaderService(): Service<ReaderCalls> {
  let reader: EventsReader | undefined;
  const opened = (): EventsReader => {
    if (reader === undefined) throw new Error("The event log is not open");
    return reader;
  };
  return {
    handlers: {
      open(options) {
        reader = new EventsReader(options);
      },
      read: (request) => opened().read(request),
      positionAt: (request) => opened().positionAt(request),
      close: () => reader?.close(),
    },
    buffersOf: (reply) =>
      reply !== undefined && "batches" in reply
        ? reply.batches.map(({ records }) => records.buffer as ArrayBuffer)
        : [],
  };
}
