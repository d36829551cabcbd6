/** A client that breaks a rule of MQTT is disconnected; the code says which kind of rule it was. */
export type MqttErrorCode = "malformedPacket" | "packetTooLarge";

/** The one error this codec throws. Its message is constant text and never holds a client's bytes. */
export class MqttError extends Error {
  override readonly name = "MqttError";
  readonly code: MqttErrorCode;

  constructor(code: MqttErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function malformed(message: string): MqttError {
  return new MqttError("malformedPacket", message);
}
