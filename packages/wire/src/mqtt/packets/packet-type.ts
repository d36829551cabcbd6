/** The upper four bits of a packet's first byte. [MQTT 3.1.1, table 2.1] */
export const MQTT_PACKET_TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** One complete packet inside the bytes it arrived in. */
export interface MqttPacket {
  readonly type: number;
  /** The lower four bits of the first byte. */
  readonly flags: number;
  readonly bytes: Uint8Array;
  /** Where the variable header begins, and where the packet ends, in `bytes`. */
  readonly start: number;
  readonly end: number;
}

const ANY_FLAGS = -1;
const RESERVED_TYPE = -2;

/** What the lower bits must be, by type. [MQTT-2.2.2-1] [MQTT-2.2.2-2] */
const FLAGS_BY_TYPE: readonly number[] = Array.from({ length: 16 }, (_, type) => {
  if (type === 0 || type === 15) return RESERVED_TYPE;
  if (type === MQTT_PACKET_TYPE.publish) return ANY_FLAGS;
  const isTwo =
    type === MQTT_PACKET_TYPE.pubrel ||
    type === MQTT_PACKET_TYPE.subscribe ||
    type === MQTT_PACKET_TYPE.unsubscribe;
  return isTwo ? 2 : 0;
});

export function isFirstByteValid(firstByte: number): boolean {
  const flags = FLAGS_BY_TYPE[firstByte >> 4];
  return flags === ANY_FLAGS || flags === (firstByte & 15);
}
