import type { AmqpErrorFields } from "@larimar/wire";
import { asciiJson, RETRY_AFTER_PROPERTIES } from "@larimar/wire";
import type { DeviceAnswer } from "../../provisioning-api/device-api.ts";

const CONDITIONS = new Map<number, string>([
  [400, "com.microsoft:argument-error"],
  [401, "amqp:unauthorized-access"],
  [403, "amqp:resource-limit-exceeded"],
  [404, "amqp:not-found"],
  [409, "com.microsoft:precondition-failed"],
  [412, "com.microsoft:precondition-failed"],
  [413, "amqp:link:message-size-exceeded"],
  // Together with internal errors the only one after which clients try again.
  [429, "com.microsoft:device-container-throttled"],
]);

export function conditionOf(status: number): string {
  return CONDITIONS.get(status) ?? "amqp:internal-error";
}

/** Clients read the number and the text out of the description. (protocol reference: provisioning 4.3) */
export function rejectionOf({ status, body, retryAfterS }: DeviceAnswer): AmqpErrorFields {
  const condition = conditionOf(status);
  const description = asciiJson(body);
  if (retryAfterS === undefined) return { condition, description };
  return {
    condition,
    description,
    info: new Map(RETRY_AFTER_PROPERTIES.map((name) => [name, retryAfterS])),
  };
}
