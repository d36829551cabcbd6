import { BodyReader } from "./body-reader.ts";
import { malformed } from "../mqtt-error.ts";
import type { MqttPacket } from "./packet-type.ts";

export interface MqttWill {
  readonly topic: string;
  /** Shares memory with the packet. */
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly isRetained: boolean;
}

export interface ConnectPacket {
  readonly clientId: string;
  readonly isCleanSession: boolean;
  readonly keepAliveSeconds: number;
  readonly will: MqttWill | undefined;
  readonly username: string | undefined;
  /** Shares memory with the packet. */
  readonly password: Uint8Array | undefined;
}

/** MQTT 3.1 calls itself MQIsdp 3, MQTT 5 is level 5: both are answered, neither is spoken. */
export interface UnsupportedProtocol {
  readonly protocolName: string;
  readonly protocolLevel: number;
}

const PROTOCOL_LEVEL = 4;
const FLAG = {
  reserved: 0x01,
  cleanSession: 0x02,
  will: 0x04,
  willQos: 0x18,
  willRetain: 0x20,
  password: 0x40,
  username: 0x80,
} as const;

export function decodeConnect(packet: MqttPacket): ConnectPacket | UnsupportedProtocol {
  const body = new BodyReader(packet);
  const protocolName = body.text();
  const protocolLevel = body.uint8();
  if (protocolName !== "MQTT" && protocolName !== "MQIsdp") {
    throw malformed("A protocol is not named MQTT"); // [MQTT-3.1.2-1]
  }
  // What follows depends on the level, so nothing more can be read of another one. [MQTT-3.1.2-2]
  if (protocolName !== "MQTT" || protocolLevel !== PROTOCOL_LEVEL) {
    return { protocolName, protocolLevel };
  }
  const flags = body.uint8();
  checkFlags(flags);
  const keepAliveSeconds = body.uint16();
  const clientId = body.text();
  const will = (flags & FLAG.will) === 0 ? undefined : readWill(body, flags);
  const username = (flags & FLAG.username) === 0 ? undefined : body.text();
  const password = (flags & FLAG.password) === 0 ? undefined : body.binary();
  body.finish();
  const isCleanSession = (flags & FLAG.cleanSession) !== 0;
  return { clientId, isCleanSession, keepAliveSeconds, will, username, password };
}

function checkFlags(flags: number): void {
  if ((flags & FLAG.reserved) !== 0) throw malformed("A reserved CONNECT flag is set"); // [MQTT-3.1.2-3]
  if ((flags & FLAG.willQos) === FLAG.willQos) throw malformed("A will has QoS 3"); // [MQTT-3.1.2-14]
  const hasWillDetails = (flags & (FLAG.willQos | FLAG.willRetain)) !== 0;
  if ((flags & FLAG.will) === 0 && hasWillDetails) {
    throw malformed("A CONNECT describes a will it does not have"); // [MQTT-3.1.2-13] [MQTT-3.1.2-15]
  }
  if ((flags & FLAG.username) === 0 && (flags & FLAG.password) !== 0) {
    throw malformed("A CONNECT has a password but no user name"); // [MQTT-3.1.2-22]
  }
}

function readWill(body: BodyReader, flags: number): MqttWill {
  return {
    topic: body.text(),
    payload: body.binary(),
    qos: (flags & FLAG.willQos) >> 3,
    isRetained: (flags & FLAG.willRetain) !== 0,
  };
}
