import type { Service } from "../../workers/serve-calls.ts";
import type { QueryCalls } from "./query-calls.ts";
import { QueryReader } from "../query-reader.ts";

export function createQueryService(): Service<QueryCalls> {
  let reader: QueryReader | undefined;
  const opened = (): QueryReader => {
    if (reader === undefined) throw new Error("The database is not open");
    return reader;
  };
  return {
    handlers: {
      open(options) {
        reader = new QueryReader(options);
      },
      page: (request) => opened().page(request),
      groups: (request) => opened().groups(request),
      keys: (request) => opened().keys(request),
      fillMemory: (request) => opened().fillMemory(request),
      close: () => reader?.close(),
    },
    buffersOf: () => [],
  };
}
