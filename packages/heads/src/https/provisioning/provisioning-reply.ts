import type { DeviceAnswer } from "../../provisioning-api/device-api.ts";
import type { ProvisioningFailure } from "../../provisioning-api/provisioning-failure.ts";
import { type Reply, jsonReply } from "../reply.ts";

export function deviceReply(
  { status, body, retryAfterS, errorCode }: DeviceAnswer,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return jsonReply(status, body, {
    ...headers,
    ...(errorCode === undefined ? {} : { "x-ms-error-code": String(errorCode) }),
    ...(retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) }),
  });
}

export function failureReply(failure: ProvisioningFailure): Reply {
  return deviceReply({ ...failure, errorCode: failure.body.errorCode });
}
