import type { ProvisioningErrorName } from "./provisioning-error-table.ts";
import { PROVISIONING_ERROR_NUMBERS } from "./provisioning-error-table.ts";
import { provisioningTimestamp } from "./provisioning-timestamp.ts";

export interface ProvisioningErrorReport {
  readonly code: ProvisioningErrorName;
  readonly message: string;
  readonly trackingId: string;
  readonly nowMs: number;
}

/** One form on every protocol: the HTTP body, an MQTT answer, the description of an AMQP error. */
export interface ProvisioningErrorBody {
  readonly errorCode: number;
  readonly trackingId: string;
  readonly message: string;
  readonly timestampUtc: string;
}

export function provisioningErrorBody(report: ProvisioningErrorReport): ProvisioningErrorBody {
  const { code, message, trackingId, nowMs } = report;
  return {
    errorCode: PROVISIONING_ERROR_NUMBERS[code],
    trackingId,
    message,
    timestampUtc: provisioningTimestamp(nowMs),
  };
}
