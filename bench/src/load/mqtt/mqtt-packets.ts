/** The few MQTT 3.1.1 packets a load generator sends, encoded from scratch so that it depends on no client library. */
export interface MqttIdentity {
  clientId: string;
  username?: string;
  password?: string;
  /** The topic this identity publishes to. */
  topic: string;
}

export const PUBACK_FIRST_BYTE = 0x40;
export const CONNACK_FIRST_BYTE = 0x20;
export const SUBACK_FIRST_BYTE = 0x90;

const CLEAN_SESSION_FLAG = 0x02;
const PASSWORD_FLAG = 0x40;
const USERNAME_FLAG = 0x80;

export function encodeConnect(options: {
  identity: MqttIdentity;
  keepAliveSeconds: number;
  cleanSession: boolean;
}): Buffer {
  const { identity, keepAliveSeconds, cleanSession } = options;
  let flags = cleanSession ? CLEAN_SESSION_FLAG : 0;
  const fields = [encodeString(identity.clientId)];
  if (identity.username !== undefined) {
    flags |= USERNAME_FLAG;
    fields.push(encodeString(identity.username));
  }
  if (identity.password !== undefined) {
    flags |= PASSWORD_FLAG;
    fields.push(encodeString(identity.password));
  }
  const protocolLevel = 4;
  const header = Buffer.from([
    protocolLevel,
    flags,
    keepAliveSeconds >> 8,
    keepAliveSeconds & 0xff,
  ]);
  return encodePacket(0x10, [encodeString("MQTT"), header, ...fields]);
}

export function encodeSubscribe(options: {
  packetId: number;
  filters: readonly string[];
  qos: 0 | 1;
}): Buffer {
  const fields = options.filters.flatMap((filter) => [
    encodeString(filter),
    Buffer.from([options.qos]),
  ]);
  return encodePacket(0x82, [encodeUint16(options.packetId), ...fields]);
}

export function encodePublishQos1(options: {
  topic: string;
  packetId: number;
  payload: Uint8Array;
}): Buffer {
  return encodePacket(0x32, [
    encodeString(options.topic),
    encodeUint16(options.packetId),
    options.payload,
  ]);
}

export function encodePublishQos0(topic: string, payload: Uint8Array): Buffer {
  return encodePacket(0x30, [encodeString(topic), payload]);
}

export function encodeDisconnect(): Buffer {
  return Buffer.from([0xe0, 0]);
}

function encodePacket(firstByte: number, fields: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(fields);
  const header = [firstByte];
  let rest = body.length;
  do {
    const digit = rest & 0x7f;
    rest >>= 7;
    header.push(rest > 0 ? digit | 0x80 : digit); // [MQTT-2.2.3]
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), body]);
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([encodeUint16(bytes.length), bytes]);
}

function encodeUint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
