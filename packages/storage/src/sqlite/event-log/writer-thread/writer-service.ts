import { EventsWriter } from "./events-writer.ts";
import type { Service } from "../../workers/serve-calls.ts";
import type { WriterCalls } from "./writer-calls.ts";

export function createWriterService(): Service<WriterCalls> {
  let writer: EventsWriter | undefined;
  const opened = (): EventsWriter => {
    if (writer === undefined) throw new Error("The event log is not open");
    return writer;
  };
  return {
    handlers: {
      open(options) {
        writer = new EventsWriter(options);
      },
      openHub: (request) => opened().openHub(request),
      eraseHub: (request) => opened().eraseHub(request),
      commit: (request) => opened().commit(request),
      sweep: (request) => opened().sweep(request),
      close: () => writer?.close(),
    },
    buffersOf: (reply) => (reply !== undefined && "buffers" in reply ? reply.buffers : []),
  };
}
