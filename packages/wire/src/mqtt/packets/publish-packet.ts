import { malformed, MqttError } from "../mqtt-error.ts";
import type { MqttPacket } from "./packet-type.ts";
import { MQTT_PACKET_TYPE } from "./packet-type.ts";
import { remainingLengthBytes, writeRemainingLength } from "./remaining-length.ts";
import { encodeUtf8 } from "../utf8.ts";

/** Where the parts of a PUBLISH are in its packet's bytes. Made once and filled again and again. */
export interface PublishView {
  qos: number;
  isDuplicate: boolean;
  isRetained: boolean;
  /** 0 with QoS 0. */
  packetId: number;
  topicStart: number;
  topicEnd: number;
  payloadStart: number;
  payloadEnd: number;
}

export function createPublishView(): PublishView {
  return {
    qos: 0,
    isDuplicate: false,
    isRetained: false,
    packetId: 0,
    topicStart: 0,
    topicEnd: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/** Leaves the topic as bytes: whoever has seen the same bytes before need not decode them again. */
export function decodePublish(packet: MqttPacket, into: PublishView): void {
  const { bytes, flags, start, end } = packet;
  const qos = (flags >> 1) & 3;
  const isDuplicate = (flags & 8) !== 0;
  if (qos === 3) throw malformed("A PUBLISH has QoS 3"); // [MQTT-3.3.1-4]
  if (qos === 0 && isDuplicate) throw malformed("A PUBLISH of QoS 0 is a duplicate"); // [MQTT-3.3.1-2]
  const topicStart = start + 2;
  if (topicStart > end) throw malformed("A PUBLISH has no topic");
  const topicEnd = topicStart + (((bytes[start] as number) << 8) | (bytes[start + 1] as number));
  const payloadStart = qos === 0 ? topicEnd : topicEnd + 2;
  if (payloadStart > end) throw malformed("A PUBLISH ends inside its topic or packet identifier");
  if (topicEnd === topicStart) throw malformed("A topic is empty"); // [MQTT-4.7.3-1]
  into.packetId = 0;
  if (qos !== 0) {
    const packetId = ((bytes[topicEnd] as number) << 8) | (bytes[topicEnd + 1] as number);
    if (packetId === 0) throw malformed("A packet identifier is zero"); // [MQTT-2.3.1-1]
    into.packetId = packetId;
  }
  into.qos = qos;
  into.isDuplicate = isDuplicate;
  into.isRetained = (flags & 1) !== 0;
  into.topicStart = topicStart;
  into.topicEnd = topicEnd;
  into.payloadStart = payloadStart;
  into.payloadEnd = end;
}

export interface OutgoingPublish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** Present exactly with QoS 1. */
  readonly packetId?: number | undefined;
  readonly isDuplicate?: boolean | undefined;
}

/**
 * RETAIN is 0 on everything a hub sends: one SDK reads QoS 0 with RETAIN as QoS 2. Throws `packetTooLarge`
 * for a topic that MQTT cannot carry.
 */
export function encodePublish(publish: OutgoingPublish): Uint8Array {
  const { payload, qos, packetId = 0, isDuplicate = false } = publish;
  const topic = encodeUtf8(publish.topic);
  if (topic.length > 0xffff) throw new MqttError("packetTooLarge", "A topic exceeds 65535 bytes");
  const remainingLength = 2 + topic.length + (qos === 0 ? 0 : 2) + payload.length;
  const bytes = new Uint8Array(1 + remainingLengthBytes(remainingLength) + remainingLength);
  bytes[0] = (MQTT_PACKET_TYPE.publish << 4) | (isDuplicate ? 8 : 0) | (qos << 1);
  let at = writeRemainingLength(remainingLength, bytes, 1);
  bytes[at++] = topic.length >> 8;
  bytes[at++] = topic.length & 0xff;
  bytes.set(topic, at);
  at += topic.length;
  if (qos !== 0) {
    bytes[at++] = packetId >> 8;
    bytes[at++] = packetId & 0xff;
  }
  bytes.set(payload, at);
  return bytes;
}
