import { randomUUID } from "node:crypto";
import { ProvisioningError } from "@larimar/domain";
import type {
  ProvisioningErrorBody,
  ProvisioningErrorName,
  ProvisioningRequestErrorCode,
} from "@larimar/wire";
import { provisioningErrorBody, provisioningStatus } from "@larimar/wire";
import type { Log } from "../log.ts";

/** A request that fails before, or beside, the rules of provisioning. */
export class ProvisioningRequestError extends Error {
  override readonly name = "ProvisioningRequestError";
  readonly code: ProvisioningRequestErrorCode;

  constructor(code: ProvisioningRequestErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a client is told of a failure, whatever protocol it speaks. */
export interface ProvisioningFailure {
  readonly status: number;
  readonly body: ProvisioningErrorBody;
  readonly retryAfterS: number | undefined;
}

/** Long enough for what is broken to be mended, short enough not to be noticed. */
const RETRY_AFTER_S = 5;

export function provisioningFailure(
  error: unknown,
  { nowMs, log }: { nowMs: number; log: Log },
): ProvisioningFailure {
  const isExpected =
    error instanceof ProvisioningError || error instanceof ProvisioningRequestError;
  const code: ProvisioningErrorName = isExpected ? error.code : "InternalError";
  const trackingId = randomUUID();
  if (!isExpected) log.error({ err: error, trackingId }, "provisioning request failed");
  const message = isExpected ? error.message : "Something went wrong on the server";
  return {
    status: provisioningStatus(code),
    body: provisioningErrorBody({ code, message, trackingId, nowMs }),
    retryAfterS: retryAfterOf(error, provisioningStatus(code)),
  };
}

function retryAfterOf(error: unknown, status: number): number | undefined {
  const wanted = error instanceof ProvisioningError ? error.details["retryAfterS"] : undefined;
  if (typeof wanted === "number") return wanted;
  return status === 429 || status >= 500 ? RETRY_AFTER_S : undefined;
}
