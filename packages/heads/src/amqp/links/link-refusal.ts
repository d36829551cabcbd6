import type { AmqpErrorFields } from "@larimar/wire";
import { toAmqpError } from "../error-conditions.ts";

/** A link cannot be had, for a reason that only this protocol knows. */
export class LinkRefusal extends Error {
  override readonly name = "LinkRefusal";
  readonly condition: string;

  constructor(condition: string, message: string) {
    super(message);
    this.condition = condition;
  }
}

/** Clients recognise this text and make their own kind of error of it. (service-facing 5.11) */
export function entityNotFound(path: readonly string[]): LinkRefusal {
  return new LinkRefusal(
    "amqp:not-found",
    `The messaging entity '${path.join("/")}' could not be found.`,
  );
}

export function refusalFields(error: unknown): AmqpErrorFields {
  return error instanceof LinkRefusal
    ? { condition: error.condition, description: error.message }
    : toAmqpError(error);
}
