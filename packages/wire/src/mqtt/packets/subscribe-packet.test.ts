import { describe, expect, test } from "vitest";
import { checkEmpty, decodePuback } from "./acknowledgement-packets.ts";
import { hex, onePacket } from "../fixtures/read-packets.fixture.ts";
import { MqttError } from "../mqtt-error.ts";
import { decodeSubscribe, decodeUnsubscribe, encodeSuback } from "./subscribe-packet.ts";

const packet = (text: string): ReturnType<typeof onePacket> => onePacket(hex(text));

describe("a SUBSCRIBE", () => {
  test("asks for several filters", () => {
    expect(decodeSubscribe(packet("820a0007 00016101 00016202"))).toEqual({
      packetId: 7,
      requests: [
        { filter: "a", qos: 1 },
        { filter: "b", qos: 2 },
      ],
    });
  });

  test.each([
    ["no filter", "82020007"],
    ["packet identifier 0", "82060000 00016101"],
    ["no QoS", "82050007 000161"],
    ["QoS 3", "82060007 00016103"],
    ["reserved QoS bits", "82060007 00016181"],
    ["an empty filter", "82050007 000000"],
    ["a filter that is not UTF-8", "82060007 0001ff01"],
    ["nothing", "8200"],
  ])("with %s is malformed", (_, text) => {
    expect(() => decodeSubscribe(packet(text))).toThrow(MqttError);
  });
});

describe("an UNSUBSCRIBE", () => {
  test("names filters", () => {
    expect(decodeUnsubscribe(packet("a2080007 000161 000162"))).toEqual({
      packetId: 7,
      filters: ["a", "b"],
    });
  });

  test.each([
    ["no filter", "a2020007"],
    ["packet identifier 0", "a2050000 000161"],
    ["a filter that is cut off", "a2050007 000261"],
  ])("with %s is malformed", (_, text) => {
    expect(() => decodeUnsubscribe(packet(text))).toThrow(MqttError);
  });
});

test("a SUBACK of many filters has a length of several bytes", () => {
  const bytes = encodeSuback(
    1,
    Array.from({ length: 200 }, () => 1),
  );
  expect(Buffer.from(bytes.subarray(0, 5)).toString("hex")).toBe("90ca010001");
  expect(bytes).toHaveLength(205);
});

test.each([
  ["PUBACK with packet identifier 0", "40020000"],
  ["PUBACK that is too long", "4003000100"],
  ["PUBACK that is too short", "400100"],
])("a %s is malformed", (_, text) => {
  expect(() => decodePuback(packet(text))).toThrow(MqttError);
});

test("a PINGREQ with content is malformed", () => {
  expect(() => checkEmpty(packet("c00100"))).toThrow(MqttError);
});
