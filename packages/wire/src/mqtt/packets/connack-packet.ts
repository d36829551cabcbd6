import { MQTT_PACKET_TYPE } from "./packet-type.ts";

/** [MQTT 3.1.1, table 3.1] */
export const CONNECT_RETURN_CODE = {
  accepted: 0,
  unacceptableProtocolVersion: 1,
  identifierRejected: 2,
  serverUnavailable: 3,
  badUserNameOrPassword: 4,
  notAuthorized: 5,
} as const;

export type ConnectReturnCode = (typeof CONNECT_RETURN_CODE)[keyof typeof CONNECT_RETURN_CODE];

export function encodeConnack(answer: {
  returnCode: ConnectReturnCode;
  isSessionPresent: boolean;
}): Uint8Array {
  const { returnCode, isSessionPresent } = answer;
  return Uint8Array.of(MQTT_PACKET_TYPE.connack << 4, 2, isSessionPresent ? 1 : 0, returnCode);
}
