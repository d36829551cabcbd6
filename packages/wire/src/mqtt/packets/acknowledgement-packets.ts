import { BodyReader } from "./body-reader.ts";
import { malformed } from "../mqtt-error.ts";
import type { MqttPacket } from "./packet-type.ts";
import { MQTT_PACKET_TYPE } from "./packet-type.ts";

export const PUBACK_BYTES = 4;

export function decodePuback(packet: MqttPacket): { packetId: number } {
  const body = new BodyReader(packet);
  const packetId = body.packetId();
  body.finish();
  return { packetId };
}

/** Writes `PUBACK_BYTES` bytes and returns where they end: one buffer takes the answers to a whole read. */
export function writePuback(packetId: number, target: Uint8Array, at: number): number {
  target[at] = MQTT_PACKET_TYPE.puback << 4;
  target[at + 1] = 2;
  target[at + 2] = packetId >> 8;
  target[at + 3] = packetId & 0xff;
  return at + PUBACK_BYTES;
}

export const PINGRESP: Uint8Array = Uint8Array.of(MQTT_PACKET_TYPE.pingresp << 4, 0);

/** PINGREQ and DISCONNECT consist of a header. */
export function checkEmpty(packet: MqttPacket): void {
  if (packet.end !== packet.start) throw malformed("A packet is longer than its fields");
}
