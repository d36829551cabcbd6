import { describe, expect, test } from "vitest";
import { hex, onePacket } from "../fixtures/read-packets.fixture.ts";
import { MqttError } from "../mqtt-error.ts";
import { createPublishView, decodePublish, encodePublish } from "./publish-packet.ts";

const decode = (text: string): object => {
  const packet = onePacket(hex(text));
  const view = createPublishView();
  decodePublish(packet, view);
  const { qos, isDuplicate, isRetained, packetId } = view;
  return {
    qos,
    isDuplicate,
    isRetained,
    packetId,
    topic: Buffer.from(packet.bytes.subarray(view.topicStart, view.topicEnd)).toString(),
    payload: Buffer.from(packet.bytes.subarray(view.payloadStart, view.payloadEnd)).toString(),
  };
};

describe("a PUBLISH", () => {
  test("of QoS 1 has a packet identifier", () => {
    expect(decode("3b07000161 0102 6869")).toEqual({
      qos: 1,
      isDuplicate: true,
      isRetained: true,
      packetId: 0x0102,
      topic: "a",
      payload: "hi",
    });
  });

  test("of QoS 0 has none", () => {
    expect(decode("3005000161 6869")).toMatchObject({ qos: 0, packetId: 0, payload: "hi" });
  });

  test("may be empty", () => {
    expect(decode("3205000161 0001")).toMatchObject({ payload: "" });
  });

  test("of QoS 2 is read, for the server to refuse", () => {
    expect(decode("3405000161 0001")).toMatchObject({ qos: 2, packetId: 1 });
  });

  test.each([
    ["QoS 3", "3605000161 0001"],
    ["a duplicate of QoS 0", "3803000161"],
    ["packet identifier 0", "3205000161 0000"],
    ["no packet identifier", "3203000161"],
    ["half a packet identifier", "3204000161 00"],
    ["no topic", "3000"],
    ["half a topic length", "300100"],
    ["a topic that is cut off", "3003000261"],
    ["an empty topic", "30020000"],
  ])("with %s is malformed", (_, text) => {
    expect(() => decode(text)).toThrow(MqttError);
  });

  test("cannot be written with a topic MQTT has no room for", () => {
    const publish = { topic: "é".repeat(32_768), payload: new Uint8Array(0), qos: 0 } as const;
    expect(() => encodePublish(publish)).toThrow(
      expect.objectContaining({ code: "packetTooLarge" }),
    );
  });
});
