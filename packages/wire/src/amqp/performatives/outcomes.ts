import type { AmqpErrorFields } from "./amqp-error.ts";
import { writeAmqpError } from "./amqp-error.ts";
import { AmqpReader } from "../values/amqp-reader.ts";
import { AmqpWriter } from "../values/amqp-writer.ts";

/** How a delivery ended. [AMQP 1.0 3.4] */
export type Outcome = "accepted" | "rejected" | "released" | "modified";

const OUTCOMES = new Map<number | string, Outcome>([
  [0x24, "accepted"],
  ["amqp:accepted:list", "accepted"],
  [0x25, "rejected"],
  ["amqp:rejected:list", "rejected"],
  [0x26, "released"],
  ["amqp:released:list", "released"],
  [0x27, "modified"],
  ["amqp:modified:list", "modified"],
]);

/** undefined for states that end nothing, such as "received". */
export function readOutcome(encoded: Uint8Array): Outcome | undefined {
  return OUTCOMES.get(new AmqpReader(encoded).readDescriptor());
}

export const ACCEPTED: Uint8Array = Uint8Array.of(0x00, 0x53, 0x24, 0x45);

export function encodeRejected(error: AmqpErrorFields): Uint8Array {
  const writer = new AmqpWriter();
  writer.described(0x25);
  const mark = writer.beginList();
  writeAmqpError(writer, error);
  writer.end(mark, 1);
  return writer.written.slice();
}
