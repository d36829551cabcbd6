import { BodyReader } from "./body-reader.ts";
import { malformed } from "../mqtt-error.ts";
import type { MqttPacket } from "./packet-type.ts";
import { MQTT_PACKET_TYPE } from "./packet-type.ts";
import { remainingLengthBytes, writeRemainingLength } from "./remaining-length.ts";

export interface SubscribePacket {
  readonly packetId: number;
  readonly requests: readonly { readonly filter: string; readonly qos: number }[];
}

export interface UnsubscribePacket {
  readonly packetId: number;
  readonly filters: readonly string[];
}

export const SUBACK_FAILURE = 0x80;

/**
 * Filters are not checked for the shape of their wildcards: a legal device id can contain `+` and `#`, and
 * stands in its filter as it is.
 */
export function decodeSubscribe(packet: MqttPacket): SubscribePacket {
  const body = new BodyReader(packet);
  const packetId = body.packetId();
  const requests: { filter: string; qos: number }[] = [];
  while (!body.isAtEnd) {
    const filter = readFilter(body);
    const qos = body.uint8();
    if (qos > 2) throw malformed("A requested QoS is not 0, 1 or 2"); // [MQTT-3.8.3-4]
    requests.push({ filter, qos });
  }
  if (requests.length === 0) throw malformed("A SUBSCRIBE has no filter"); // [MQTT-3.8.3-3]
  return { packetId, requests };
}

export function decodeUnsubscribe(packet: MqttPacket): UnsubscribePacket {
  const body = new BodyReader(packet);
  const packetId = body.packetId();
  const filters: string[] = [];
  while (!body.isAtEnd) filters.push(readFilter(body));
  if (filters.length === 0) throw malformed("An UNSUBSCRIBE has no filter"); // [MQTT-3.10.3-2]
  return { packetId, filters };
}

/** One code per requested filter: the granted QoS or `SUBACK_FAILURE`. */
export function encodeSuback(packetId: number, codes: readonly number[]): Uint8Array {
  const remainingLength = 2 + codes.length;
  const bytes = new Uint8Array(1 + remainingLengthBytes(remainingLength) + remainingLength);
  bytes[0] = MQTT_PACKET_TYPE.suback << 4;
  const at = writeRemainingLength(remainingLength, bytes, 1);
  bytes[at] = packetId >> 8;
  bytes[at + 1] = packetId & 0xff;
  bytes.set(codes, at + 2);
  return bytes;
}

export function encodeUnsuback(packetId: number): Uint8Array {
  return Uint8Array.of(MQTT_PACKET_TYPE.unsuback << 4, 2, packetId >> 8, packetId & 0xff);
}

function readFilter(body: BodyReader): string {
  const filter = body.text();
  if (filter === "") throw malformed("A topic filter is empty"); // [MQTT-4.7.3-1]
  return filter;
}
