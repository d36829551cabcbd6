import type { MqttPacket } from "@larimar/wire";
import {
  SUBACK_FAILURE,
  decodeSubscribe,
  decodeUnsubscribe,
  encodeSuback,
  encodeUnsuback,
  readSubscriptionFilter,
} from "@larimar/wire";
import type { Client } from "./client.ts";

/** Returns the SUBACK. Filters that mean nothing here are granted and never deliver. */
export function answerSubscribe(packet: MqttPacket, client: Client): Uint8Array {
  const { packetId, requests } = decodeSubscribe(packet);
  const codes = requests.map(({ filter, qos: requested }) => {
    const qos = requested === 0 ? 0 : 1;
    const target = readSubscriptionFilter(filter, client.session.identity);
    if (target === undefined) return qos;
    return client.subscriptions.put({ filter, target, qos }) === "kept" ? qos : SUBACK_FAILURE;
  });
  return encodeSuback(packetId, codes);
}

/** Returns the UNSUBACK, which is due even where nothing matched. [MQTT-3.10.4-5] */
export function answerUnsubscribe(packet: MqttPacket, client: Client): Uint8Array {
  const { packetId, filters } = decodeUnsubscribe(packet);
  for (const filter of filters) client.subscriptions.delete(filter);
  return encodeUnsuback(packetId);
}
