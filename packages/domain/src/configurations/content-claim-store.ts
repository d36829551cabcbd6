import type { Twin } from "../twins/twin.ts";

/** Somebody applies content to a device; nobody else may until the claim ends. */
export interface ContentClaim {
  readonly deviceId: string;
  readonly holder: string;
  /** One that outlived this time may be taken by others: its server is gone. */
  readonly expiresAtMs: number;
}

/** Who applies content to which device of one hub. */
export interface ContentClaimStore {
  /** `held` while there is another one for the device whose time is not over. */
  take(claim: ContentClaim, nowMs: number): Promise<"taken" | "held">;
  /**
   * Writes a twin of the device or of a module of it, and makes the claim last until its new time, in one commit
   * that happens only while the claim is the holder's. `lost` when it is not, `conflict` when the twin has another
   * version.
   */
  putTwin(
    claim: ContentClaim,
    twin: { readonly twin: Twin; readonly expectedVersion: number | undefined },
  ): Promise<"written" | "conflict" | "lost">;
  /** One that another has taken meanwhile stays. */
  release(claim: Pick<ContentClaim, "deviceId" | "holder">): Promise<void>;
}
