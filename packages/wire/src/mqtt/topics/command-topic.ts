import type { CommandAck, IdentityKey, MessageProperties } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import { formatPropertyBag } from "../property-bag.ts";

/**
 * Where a command is published to its device. There is always a `%24.to`, because SDKs index the bag without
 * looking whether there is one. (protocol reference: device-facing 3.6)
 */
export function formatCommandTopic(
  key: IdentityKey,
  properties: MessageProperties,
  ack: CommandAck,
): string {
  const path = identityTopic(key);
  const to = `/${path}/messages/devicebound`;
  const application = new Map(properties.application);
  application.delete("iothub-ack");
  const bag = formatPropertyBag(messageProperties({ ...properties.system, to }, application));
  const wish = ack === "none" ? "" : `&iothub-ack=${ack}`;
  return `${path}/messages/devicebound/${bag}${wish}`;
}

function identityTopic({ deviceId, moduleId }: IdentityKey): string {
  return moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`;
}
