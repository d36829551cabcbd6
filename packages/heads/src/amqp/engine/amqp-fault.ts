import type { AmqpDecodeError, AmqpErrorFields } from "@larimar/wire";

/** What has to end because of it. */
export type FaultScope = "connection" | "session" | "link";

/** A client broke the rules of the protocol. The message never repeats what it sent. */
export class AmqpFault extends Error {
  override readonly name = "AmqpFault";
  readonly scope: FaultScope;
  readonly condition: string;

  constructor(scope: FaultScope, condition: string, message: string) {
    super(message);
    this.scope = scope;
    this.condition = condition;
  }

  get fields(): AmqpErrorFields {
    return { condition: this.condition, description: this.message };
  }
}

export function decodeError(error: AmqpDecodeError): AmqpErrorFields {
  return { condition: "amqp:decode-error", description: error.message };
}
