import { createSecureContext } from "node:tls";
import { LoadConnection } from "../load/mqtt/load-connection.ts";
import type { LoadTarget } from "../load/messages.ts";

const ANSWER_MS_MAX = 10_000;

/**
 * Brokers keep QoS 1 messages only while a QoS 1 subscription wants them. A persistent session that subscribed
 * and went away makes them store everything, without the cost of delivering anything.
 */
export async function createStoredSubscription(target: LoadTarget): Promise<void> {
  const connection = await LoadConnection.open({
    target,
    identity: { clientId: "keeper", topic: "" },
    subscriptions: ["devices/#"],
    subscriptionQos: 1,
    cleanSession: false,
    secureContext: createSecureContext({ ca: target.caPem }),
    timeoutMs: ANSWER_MS_MAX,
  });
  await connection.close();
}
