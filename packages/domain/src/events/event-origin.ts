import type { IdentityKey } from "../devices/device.ts";

export type EventSource =
  | "Telemetry"
  | "twinChangeEvents"
  | "deviceLifecycleEvents"
  | "deviceConnectionStateEvents"
  | "deviceJobLifecycleEvents"
  | "digitalTwinChangeEvents";

export interface AuthMethod {
  readonly scope: "device" | "hub" | "module";
  readonly type: "sas" | "x509";
}

/**
 * What the hub itself vouches for about a message. One object per session (or per hub event), shared by
 * all its messages, so that encoders can keep what they made of it.
 */
export interface EventOrigin {
  readonly source: EventSource;
  readonly identity: IdentityKey;
  readonly generationId: string | undefined;
  readonly authMethod: AuthMethod | undefined;
  /** The plug-and-play model the device announced. */
  readonly modelId: string | undefined;
}
