/** A device or one of its modules: whatever can own a session, a twin or a token. */
export interface IdentityKey {
  readonly deviceId: string;
  readonly moduleId?: string | undefined;
}

export type Authentication =
  | { readonly type: "sas"; readonly primaryKey: string; readonly secondaryKey: string }
  | {
      readonly type: "selfSigned";
      readonly primaryThumbprint: string | undefined;
      readonly secondaryThumbprint: string | undefined;
    }
  | { readonly type: "certificateAuthority" }
  | { readonly type: "none" };

export interface Device {
  readonly deviceId: string;
  /** A new value for every re-creation; stamped on telemetry and feedback. */
  readonly generationId: string;
  readonly etag: string;
  readonly status: "enabled" | "disabled";
  readonly statusReason: string | undefined;
  /** 0 when it never changed. */
  readonly statusUpdatedAtMs: number;
  readonly authentication: Authentication;
  readonly capabilities: { readonly iotEdge: boolean };
  /** An edge device's own; a leaf has that of its parent, or none. */
  readonly deviceScope: string | undefined;
  /** The scope of the parent, if there is one. */
  readonly parentScopes: readonly string[];
}

/** What connections leave behind; kept apart from the identity because it must not move its ETag. */
export interface Presence {
  readonly isConnected: boolean;
  /** 0 when the device never connected. */
  readonly connectionStateUpdatedAtMs: number;
  readonly lastActivityAtMs: number;
}

export const NEVER_SEEN: Presence = {
  isConnected: false,
  connectionStateUpdatedAtMs: 0,
  lastActivityAtMs: 0,
};

export function describeIdentity(key: IdentityKey): string {
  return key.moduleId === undefined ? key.deviceId : `${key.deviceId}/${key.moduleId}`;
}
