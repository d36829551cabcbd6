import { createHmac } from "node:crypto";

/** The key of a device that is enrolled by a group's key. */
export function derivedKey(groupKey: string, registrationId: string): string {
  return createHmac("sha256", Buffer.from(groupKey, "base64"))
    .update(registrationId)
    .digest("base64");
}
