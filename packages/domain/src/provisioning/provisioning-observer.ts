import type { Protocol } from "../sessions/session.ts";
import type { ProvisioningErrorCode } from "./provisioning-error.ts";

/** How something ended, for logs and counters: "ok" or why not. */
export type ProvisioningOutcome = "ok" | "challenged" | ProvisioningErrorCode;

/** Told what happens, so that logs and metrics have it; must not throw. */
export interface ProvisioningObserver {
  attestationAttempted(event: {
    readonly registrationId: string;
    readonly protocol: Protocol;
    readonly outcome: ProvisioningOutcome;
    /** What the device is not told. */
    readonly reason: string | undefined;
  }): void;
  registrationFinished(event: {
    readonly registrationId: string;
    readonly enrollmentGroupId: string | undefined;
    readonly hub: string | undefined;
    readonly deviceId: string | undefined;
    readonly substatus: string | undefined;
    readonly outcome: ProvisioningOutcome;
    readonly durationMs: number;
  }): void;
  /** A back end asked for something, and got it or was refused. */
  serviceOperated(event: {
    /** The name that the operation has in the service API. */
    readonly operation: string;
    /** What it was about; a group, for its registrations. */
    readonly id: string;
    readonly isChange: boolean;
    /** Undefined when nobody proved to hold one. */
    readonly policyName: string | undefined;
    readonly outcome: ProvisioningOutcome;
    /** What the client is not told. */
    readonly reason: string | undefined;
  }): void;
  /** Something of our own broke; the device was told that its registration failed. */
  workFailed(event: { readonly registrationId: string; readonly error: unknown }): void;
}
