import { HubError } from "@larimar/domain";

/** For whoever appends or reads while the log cannot do it. */
export function unavailable(reason: string, cause?: unknown): HubError {
  const message = `The event log is not available: ${reason}`;
  return new HubError("EventLogUnavailable", message, {}, { cause });
}
