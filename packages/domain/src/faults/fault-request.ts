import type { PropertyValue } from "../telemetry/message.ts";

/** A fault that a device asks for, to see how its own code behaves. */
export interface FaultRequest {
  /** As the device wrote it: heads know the links and connections of their protocol, the hub does not. */
  readonly type: string;
  readonly reason: string;
  readonly delayMs: number;
  readonly durationMs: number;
}

const TYPE = "AzIoTHub_FaultOperationType";
const REASON = "AzIoTHub_FaultOperationCloseReason";
const DELAY = "AzIoTHub_FaultOperationDelayInSecs";
const DURATION = "AzIoTHub_FaultOperationDurationInSecs";

/** Longer ones are cut to this. */
const LONGEST_MS = 60 * 60 * 1000;
const TEXT_LENGTH_MAX = 128;

/** What a message's properties ask for; undefined for the messages of everyday. (service-facing 2.19) */
export function readFaultRequest(
  properties: ReadonlyMap<string, PropertyValue>,
): FaultRequest | undefined {
  const type = properties.get(TYPE);
  if (typeof type !== "string" || type === "") return undefined;
  return {
    type: type.slice(0, TEXT_LENGTH_MAX),
    reason: String(properties.get(REASON) ?? "").slice(0, TEXT_LENGTH_MAX),
    delayMs: millisecondsOf(properties.get(DELAY)),
    durationMs: millisecondsOf(properties.get(DURATION)),
  };
}

function millisecondsOf(seconds: PropertyValue | undefined): number {
  const value = Number(seconds ?? 0);
  return value > 0 ? Math.min(value * 1000, LONGEST_MS) : 0;
}
