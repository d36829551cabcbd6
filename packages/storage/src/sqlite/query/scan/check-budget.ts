import type { QueryBudget } from "../threads/query-calls.ts";

/** Thrown between two chunks of a query that nobody wants any more, or that takes too long. */
export class QueryStopped extends Error {
  readonly kind: "cancelled" | "timedOut";

  constructor(kind: "cancelled" | "timedOut") {
    super(kind);
    this.kind = kind;
  }
}

/** From now on; what it returns throws `QueryStopped` when it is called too late. */
export function startBudget({ cancelled, timeMaxMs }: QueryBudget): () => void {
  const deadlineMs = performance.now() + timeMaxMs;
  return () => {
    if (Atomics.load(cancelled, 0) === 1) throw new QueryStopped("cancelled");
    if (performance.now() > deadlineMs) throw new QueryStopped("timedOut");
  };
}
