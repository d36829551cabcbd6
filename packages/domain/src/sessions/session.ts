import type { IdentityKey } from "../devices/device.ts";
import type { EventOrigin } from "../events/event-origin.ts";
import type { CommandInlet, DesiredInlet, MethodInlet } from "./inlets.ts";

export type Protocol = "mqtt" | "amqp" | "https";

export type CloseReason =
  | "takenOver"
  | "tokenExpired"
  | "identityDisabled"
  | "identityDeleted"
  | "credentialsChanged"
  | "shutdown";

/** The head's end of a session: what the hub can do to a live connection. */
export interface SessionConnection {
  close(reason: CloseReason): void;
  /** The device asked for a fault of its connection; a head overlooks those it has nothing like. */
  injectFault?(fault: InjectedFault): void;
}

/** In the words of the device, which are those of its protocol. */
export interface InjectedFault {
  readonly type: string;
  readonly reason: string;
}

/** One authenticated device or module on one connection. */
export interface Session {
  readonly identity: IdentityKey;
  readonly protocol: Protocol;
  /** What the hub vouches for about every message of this session. */
  readonly origin: EventOrigin;
  /** Where its events go: one device's events stay in one partition, in order. */
  readonly partition: number;
  /** What the client listens for; the head sets each when the client subscribes, and unsets it again. */
  desired: DesiredInlet | undefined;
  methods: MethodInlet | undefined;
  commands: CommandInlet | undefined;
  /** Calls `listener` once, when the session has ended for whatever reason. */
  onEnd(listener: () => void): Disposable;
  /** The client proved itself again on the same connection. */
  renew(expiresAtMs: number | undefined): void;
  injectFault(fault: InjectedFault): void;
  /** The connection is gone; safe to call twice. */
  end(): void;
}
