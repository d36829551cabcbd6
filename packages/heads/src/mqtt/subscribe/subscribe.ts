import type { Hub, IdentityKey } from "@larimar/domain";
import type { MqttPacket } from "@larimar/wire";
import {
  SUBACK_FAILURE,
  decodeSubscribe,
  decodeUnsubscribe,
  encodeSuback,
  encodeUnsuback,
  readSubscriptionFilter,
} from "@larimar/wire";
import type { Client } from "../connect/client.ts";
import type { Subscription } from "./subscriptions.ts";

/**
 * Returns the SUBACK, once a persistent session remembers. Filters that mean nothing here are granted and
 * never deliver.
 */
export function answerSubscribe(packet: MqttPacket, client: Client): Promise<Uint8Array> {
  const { packetId, requests } = decodeSubscribe(packet);
  const codes = requests.map(({ filter, qos: requested }) => {
    const qos = requested === 0 ? 0 : 1;
    const target = readSubscriptionFilter(filter, client.session.identity);
    if (target === undefined) return qos;
    return client.subscriptions.put({ filter, target, qos }) === "kept" ? qos : SUBACK_FAILURE;
  });
  return afterRemembering(client, encodeSuback(packetId, codes));
}

/** Returns the UNSUBACK, which is due even where nothing matched. [MQTT-3.10.4-5] */
export function answerUnsubscribe(packet: MqttPacket, client: Client): Promise<Uint8Array> {
  const { packetId, filters } = decodeUnsubscribe(packet);
  for (const filter of filters) client.subscriptions.delete(filter);
  return afterRemembering(client, encodeUnsuback(packetId));
}

async function afterRemembering(client: Client, answer: Uint8Array): Promise<Uint8Array> {
  const { hub, session, subscriptions, isPersistent } = client;
  if (isPersistent) {
    const stored = subscriptions.list().map(({ filter, qos }) => ({ filter, qos }));
    await hub.subscriptions.put(session.identity, stored);
  }
  return answer;
}

/**
 * What the client's stored session listens for; undefined when it has none. A client that wants to start
 * clean loses the old one. [MQTT-3.1.2-6]
 */
export async function resumeSubscriptions(
  hub: Hub,
  key: IdentityKey,
  isCleanSession: boolean,
): Promise<readonly Subscription[] | undefined> {
  if (isCleanSession) {
    await hub.subscriptions.delete(key);
    return undefined;
  }
  const stored = await hub.subscriptions.find(key);
  return stored?.flatMap(({ filter, qos }) => {
    const target = readSubscriptionFilter(filter, key);
    return target === undefined ? [] : [{ filter, target, qos }];
  });
}
