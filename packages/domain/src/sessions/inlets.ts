import type { LockedCommand } from "../commands/command.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";

/** How a session hears of desired properties; present while the client has subscribed to them. */
export interface DesiredInlet {
  notify(change: { patch: JsonObject; version: number }): void;
}

export interface MethodRequest {
  readonly name: string;
  /** Undefined when the caller gave none. */
  readonly payload: JsonValue | undefined;
}

export interface MethodResponse {
  /** Whatever the device says; it is not judged. */
  readonly status: number;
  readonly payload: JsonValue;
}

/** How a session is asked to do something; present while the client listens for methods. */
export interface MethodInlet {
  invoke(request: MethodRequest): MethodCall;
}

export interface MethodCall {
  /** Rejects with `BadDeviceResponse` when the answer is not JSON. Never settles once abandoned. */
  readonly response: Promise<MethodResponse>;
  /** Nobody waits any more: a late answer is dropped, and the call's memory freed. */
  abandon(): void;
}

/** How a session receives commands; present while the client listens for them. */
export interface CommandInlet {
  /** How many more commands the client can take now. */
  readonly capacity: number;
  /** The command stays locked until the head settles it with its lock token, or the lock expires. */
  deliver(command: LockedCommand): void;
}
