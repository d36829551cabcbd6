import type { ProvisioningOperation } from "@larimar/domain";
import { z } from "zod";
import type { RegistrationStateBody } from "../registration-state.ts";
import { RegistrationState, toAssigningState, toRegistrationState } from "../registration-state.ts";

/** The answer to a registration and to every question about it. (protocol reference: provisioning 2.3) */
export const OperationStatus = z.object({
  operationId: z.string(),
  status: RegistrationState.shape.status,
  registrationState: RegistrationState.optional(),
});

export interface OperationStatusBody {
  readonly operationId: string;
  readonly status: RegistrationStateBody["status"];
  readonly registrationState?: RegistrationStateBody;
}

export function toOperationStatus(
  { operationId, status, registration }: ProvisioningOperation,
  nowMs: number,
  encodeBase64: (text: string) => string,
): OperationStatusBody {
  const registrationState =
    status === "assigning"
      ? toAssigningState(registration)
      : toRegistrationState(registration, nowMs, encodeBase64);
  return { operationId, status, registrationState };
}

/** 202 until there is an end, however the registration ends. */
export function operationHttpStatus({ status }: ProvisioningOperation): 200 | 202 {
  return status === "assigning" ? 202 : 200;
}
