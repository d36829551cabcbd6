import type { IdentityKey } from "./device.ts";
import type { Module } from "./module.ts";

export type ModuleKey = IdentityKey & { readonly moduleId: string };

/** Module identities of one hub. */
export interface ModuleStore {
  find(key: ModuleKey): Promise<Module | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(
    module: Module,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict" | "deviceMissing">;
  /** With everything kept for the module. No expected etag deletes whatever is there. */
  delete(
    key: ModuleKey,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict">;
  /** All of a device, in order of module id. */
  list(deviceId: string): Promise<readonly Module[]>;
}
