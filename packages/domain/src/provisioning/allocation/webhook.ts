import type { JsonValue } from "../../json/json-value.ts";
import type { AttestationProof } from "../attestation/evidence.ts";
import type {
  CustomAllocationDefinition,
  Enrollment,
  InitialTwin,
} from "../enrollments/enrollment.ts";

/** What an operator's own allocation is told about a device. */
export interface WebhookRequest {
  readonly enrollment: Enrollment;
  readonly registrationId: string;
  readonly proof: AttestationProof;
  /** What the device sent along. */
  readonly payload: JsonValue | undefined;
  readonly current: { readonly hub: string; readonly deviceId: string } | undefined;
  readonly linkedHubs: readonly string[];
}

export interface WebhookAnswer {
  readonly iotHubHostName: string;
  readonly initialTwin: InitialTwin | undefined;
  /** What the device is given. */
  readonly payload: JsonValue | undefined;
}

export type WebhookOutcome =
  | { readonly kind: "answer"; readonly answer: WebhookAnswer }
  | {
      readonly kind: "refused";
      readonly reason: string;
      /** Asking again may help: it did not answer in time, or something broke at its end. */
      readonly isTransient: boolean;
    };

/** Calls the webhook; the composition root brings the network. Never throws for what the other end does. */
export interface AllocationWebhook {
  call(
    definition: CustomAllocationDefinition,
    request: WebhookRequest,
    timeoutMs: number,
  ): Promise<WebhookOutcome>;
}
