import type { MqttIdentity } from "../load/mqtt/mqtt-packets.ts";

/** Identities for brokers that are configured to let anybody in, publishing to topics shaped like Larimar's. */
export function anonymousIdentities(count: number): MqttIdentity[] {
  return Array.from({ length: count }, (_, index) => {
    const clientId = `device-${String(index).padStart(5, "0")}`;
    return { clientId, topic: `devices/${clientId}/messages/events/` };
  });
}
