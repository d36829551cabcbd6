import type { Message } from "../telemetry/message.ts";
import type { EventOrigin } from "./event-origin.ts";

/**
 * Turns messages into event records: bytes that the log keeps and readers are sent without another look.
 * The domain does not know what is in them.
 */
export interface EventEncoder {
  /** The bytes that `encode` will write for these messages. */
  measure(origin: EventOrigin, messages: readonly Message[]): number;
  /** Writes the records one after another from `at` and returns where they end. */
  encode(
    origin: EventOrigin,
    messages: readonly Message[],
    enqueuedAtMs: number,
    target: Uint8Array,
    at: number,
  ): number;
}
