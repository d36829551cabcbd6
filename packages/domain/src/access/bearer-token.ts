import type { DataRole } from "./data-action.ts";

/** A token of the operator's own identity provider that was found to be genuine. */
export interface BearerToken {
  /** Who it was issued to, for the log. */
  readonly subject: string;
  readonly roles: readonly DataRole[];
  readonly expiresAtMs: number;
}

/** Judges tokens of identity providers; the composition root brings it where one is configured. */
export interface BearerTokens {
  /**
   * Throws `Unauthorized` for what is forged, expired, or meant for somebody else, and `Busy` while the
   * provider's keys cannot be had.
   */
  verify(text: string): Promise<BearerToken>;
}
