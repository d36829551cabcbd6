import type { Device, IdentityKey, Presence } from "./device.ts";

/** Device identities of one hub. */
export interface DeviceStore {
  find(deviceId: string): Promise<Device | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(device: Device, expectedEtag: string | undefined): Promise<"written" | "conflict">;
  /**
   * With everything kept for the device: modules, twins, presence, commands. No expected etag deletes
   * whatever is there.
   */
  delete(
    deviceId: string,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict">;
  /** In order of device id, after the given one. */
  list(page: { after?: string; limit: number }): Promise<readonly Device[]>;
  /** Whose parent has this scope, in order of device id. */
  children(parentScope: string, limit: number): Promise<readonly Device[]>;
  count(): Promise<{ total: number; enabled: number }>;
}

/** When an identity was last connected or active. Losing the last seconds of it in a crash is allowed. */
export interface PresenceStore {
  find(key: IdentityKey): Promise<Presence | undefined>;
  save(entries: readonly { key: IdentityKey; presence: Presence }[]): Promise<void>;
}
