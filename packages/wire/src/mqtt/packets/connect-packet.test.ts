import { describe, expect, test } from "vitest";
import { decodeConnect } from "./connect-packet.ts";
import { onePacket } from "../fixtures/read-packets.fixture.ts";
import { MqttError } from "../mqtt-error.ts";

const text = (value: string): string => {
  const bytes = Buffer.from(value);
  return bytes.length.toString(16).padStart(4, "0") + bytes.toString("hex");
};

const connect = (...fields: string[]): ReturnType<typeof decodeConnect> => {
  const body = Buffer.from(fields.join(""), "hex");
  return decodeConnect(onePacket(Buffer.concat([Buffer.from([0x10, body.length]), body])));
};

const MQTT_4 = text("MQTT") + "04";

describe("a CONNECT", () => {
  test("holds everything a device says about itself", () => {
    const fields = [MQTT_4, "ee", "00f0", text("d1"), text("w"), "00020102", text("u"), text("p")];
    expect(connect(...fields)).toEqual({
      clientId: "d1",
      isCleanSession: true,
      keepAliveSeconds: 240,
      will: { topic: "w", payload: Buffer.from([1, 2]), qos: 1, isRetained: true },
      username: "u",
      password: Buffer.from("p"),
    });
  });

  test("needs nothing but a client id", () => {
    expect(connect(MQTT_4, "00", "0000", text("d1"))).toEqual({
      clientId: "d1",
      isCleanSession: false,
      keepAliveSeconds: 0,
      will: undefined,
      username: undefined,
      password: undefined,
    });
  });

  test.each([
    ["MQIsdp", 3],
    ["MQTT", 3],
    ["MQTT", 5],
    ["MQTT", 0x84],
    ["MQIsdp", 4],
  ])("of %s level %i is recognised as another protocol", (protocolName, protocolLevel) => {
    const level = protocolLevel.toString(16).padStart(2, "0");
    // What follows is not what MQTT 3.1.1 would say.
    expect(connect(text(protocolName), level, "c2003c05")).toEqual({ protocolName, protocolLevel });
  });

  test.each([
    ["another protocol name", [text("HTTP"), "04", "00", "0000", text("d1")]],
    ["a protocol name in other case", [text("mqtt"), "04", "00", "0000", text("d1")]],
    ["the reserved flag", [MQTT_4, "01", "0000", text("d1")]],
    ["a will of QoS 3", [MQTT_4, "1c", "0000", text("d1"), text("w"), text("p")]],
    ["a will QoS without a will", [MQTT_4, "08", "0000", text("d1")]],
    ["will retain without a will", [MQTT_4, "20", "0000", text("d1")]],
    ["a password without a user name", [MQTT_4, "40", "0000", text("d1"), text("p")]],
    ["bytes behind its end", [MQTT_4, "00", "0000", text("d1"), "00"]],
    ["a client id that is cut off", [MQTT_4, "00", "0000", "000564"]],
    ["a client id with U+0000", [MQTT_4, "00", "0000", text("d\0")]],
    ["a client id that is not UTF-8", [MQTT_4, "00", "0000", "0001ff"]],
    ["no user name though a flag says so", [MQTT_4, "80", "0000", text("d1")]],
    ["no level", [text("MQTT")]],
    ["nothing", []],
  ])("with %s is malformed", (_, fields) => {
    expect(() => connect(...fields)).toThrow(MqttError);
  });
});
