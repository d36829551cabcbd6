import { EventsWriter } from "./events-writer.ts";
import { serveCalls } from "./serve-calls.ts";
import type { WriterCalls } from "./worker-calls.ts";

let writer: EventsWriter | undefined;

function opened(): EventsWriter {
  if (writer === undefined) throw new Error("The event log is not open");
  return writer;
}

serveCalls<WriterCalls>(
  {
    open(options) {
      writer = new EventsWriter(options);
    },
    openHub: (request) => opened().openHub(request),
    commit: (request) => opened().commit(request),
    sweep: (request) => opened().sweep(request),
    close: () => writer?.close(),
  },
  (reply) => (reply !== undefined && "buffers" in reply ? reply.buffers : []),
);
