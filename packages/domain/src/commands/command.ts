import type { IdentityKey } from "../devices/device.ts";
import type { Message } from "../telemetry/message.ts";

/** Which outcomes the sender wants to hear of. */
export type CommandAck = "none" | "positive" | "negative" | "full";

/** A cloud-to-device message in its device's queue. */
export interface Command {
  readonly key: IdentityKey;
  /** Grows with every command of a hub; also their order. */
  readonly sequenceNumber: number;
  readonly message: Message;
  readonly ack: CommandAck;
  readonly enqueuedAtMs: number;
  readonly expiresAtMs: number;
  /** How often a receiver gave it back. */
  readonly deliveryCount: number;
}

/** A command that one receiver holds for a while. */
export interface LockedCommand extends Command {
  readonly lockToken: string;
  readonly lockedUntilMs: number;
}

export type CommandOutcome =
  | "Success"
  | "Expired"
  | "DeliveryCountExceeded"
  | "Rejected"
  | "Purged";

/** What became of a command, for the back end that asked to know. */
export interface FeedbackRecord {
  readonly originalMessageId: string;
  readonly enqueuedAtMs: number;
  readonly outcome: CommandOutcome;
  readonly deviceId: string;
  readonly deviceGenerationId: string;
}

/** Does a sender with this wish want to hear of this outcome? */
export function wantsFeedback(ack: CommandAck, outcome: CommandOutcome): boolean {
  if (ack === "full") return true;
  return outcome === "Success" ? ack === "positive" : ack === "negative";
}
