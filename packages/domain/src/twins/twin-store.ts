import type { IdentityKey } from "../devices/device.ts";
import type { Twin } from "./twin.ts";

/** Twin documents of one hub. They are created with their identity and go with it. */
export interface TwinStore {
  find(key: IdentityKey): Promise<Twin | undefined>;
  /** Compare-and-set on the document version: no expected version means "must not exist yet". */
  put(twin: Twin, expectedVersion: number | undefined): Promise<"written" | "conflict">;
  /** The identity's twin; for a device, those of its modules too. */
  delete(key: IdentityKey): Promise<void>;
}
