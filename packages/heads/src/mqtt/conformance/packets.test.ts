import { describe, expect, test } from "vitest";
import { MqttTest } from "../fixtures/mqtt-test.fixture.ts";
import {
  DISCONNECT,
  PINGREQ,
  PINGRESP,
  packet,
  puback,
  publishPacket,
  suback,
  subscribePacket,
  text,
  uint16,
  unsuback,
  unsubscribePacket,
} from "../fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

const topic = "devices/d1/messages/events/";

/** Connects a device, sends the bytes, and expects exactly this answer. */
async function expectAnswers(bytes: Buffer, ...answer: Buffer[]): Promise<void> {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(bytes, PINGREQ);
  // The last answer shows that nothing stands between.
  await expectPackets(device, ...answer);
  expect(device.unexpected).toBe("");
}

async function expectClosed(bytes: Buffer): Promise<void> {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(bytes);
  await expectEnd(device);
  expect(await mqtt.stored()).toEqual([]);
}

describe("MQTT 3.1.1, section 3.3 PUBLISH", () => {
  test.each([
    ["[MQTT-3.3.1-2] DUP with QoS 0", publishPacket({ topic, isDuplicate: true })],
    ["[MQTT-3.3.1-4] QoS 3", publishPacket({ topic, packetId: 1, qos: 3 })],
    ["[MQTT-3.3.2-1] a topic that is no UTF-8", packet(0x32, text(Buffer.from([0xff])), uint16(1))],
    ["[MQTT-4.7.3-1] an empty topic", publishPacket({ topic: "", packetId: 1 })],
    ["[MQTT-3.3.5-2] a topic the client must not publish to", publishPacket({ topic: "a/b" })],
  ])("%s closes the connection", async (_, bytes) => {
    await expectClosed(bytes);
  });

  test("3.3.3 a message may have no payload", async () => {
    await expectAnswers(publishPacket({ topic, packetId: 1 }), PINGRESP, puback(1));
  });

  test("[MQTT-3.3.4-1] QoS 0 gets no response", async () => {
    await expectAnswers(publishPacket({ topic }), PINGRESP);
  });

  test("[MQTT-4.3.2-2] QoS 1 gets a PUBACK, a duplicate as well", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    device.send(publishPacket({ topic, packetId: 7 }));
    await expectPackets(device, puback(7));
    device.send(publishPacket({ topic, packetId: 7, isDuplicate: true }));
    await expectPackets(device, puback(7));
    expect(await mqtt.stored()).toHaveLength(2);
  });
});

describe("MQTT 3.1.1, sections 3.8 to 3.11 SUBSCRIBE and UNSUBSCRIBE", () => {
  test.each([
    ["[MQTT-3.8.1-1] wrong flags", packet(0x80, uint16(1), text("a"), Buffer.from([0]))],
    [
      "[MQTT-3.8.3-1] a filter that is no UTF-8",
      packet(0x82, uint16(1), text(Buffer.from([0xff])), Buffer.from([0])),
    ],
    ["[MQTT-3.8.3-3] no filter", packet(0x82, uint16(1))],
    [
      "[MQTT-3.8.3-4] reserved bits beside the QoS",
      packet(0x82, uint16(1), text("a"), Buffer.from([4])),
    ],
    ["[MQTT-3.8.3-4] QoS 3", packet(0x82, uint16(1), text("a"), Buffer.from([3]))],
    ["[MQTT-3.10.1-1] wrong flags of UNSUBSCRIBE", packet(0xa0, uint16(1), text("a"))],
    ["[MQTT-3.10.3-2] no filter in UNSUBSCRIBE", packet(0xa2, uint16(1))],
  ])("%s closes the connection", async (_, bytes) => {
    await expectClosed(bytes);
  });

  test("[MQTT-3.8.4-2] a SUBACK has the identifier of its SUBSCRIBE", async () => {
    const answer = suback(0x1234, 0);
    await expectAnswers(subscribePacket(0x1234, { a: 0 }), Buffer.concat([answer, PINGRESP]));
  });

  test("[MQTT-3.8.4-5] a SUBACK has one code for each filter, in their order", async () => {
    const bytes = subscribePacket(1, { "$iothub/twin/res/#": 1, b: 0, c: 2 });
    await expectAnswers(bytes, suback(1, 1, 0, 1), PINGRESP);
  });

  test("[MQTT-3.8.4-3] a filter that is subscribed to again is replaced", async () => {
    await using mqtt = await MqttTest.start({ limits: { subscriptionsMax: 1 } });
    const device = await mqtt.connected("d1");
    const filter = "$iothub/twin/res/#";
    device.send(subscribePacket(1, { [filter]: 1 }), subscribePacket(2, { [filter]: 0 }));
    await expectPackets(device, suback(1, 1), suback(2, 0));
    expect(device.unexpected).toBe("");
  });

  test("[MQTT-3.10.4-5] an UNSUBSCRIBE that matches nothing is answered", async () => {
    await expectAnswers(unsubscribePacket(5, "a"), unsuback(5), PINGRESP);
  });
});

describe("MQTT 3.1.1, sections 3.12 to 3.14 PINGREQ and DISCONNECT", () => {
  test("[MQTT-3.12.4-1] every PINGREQ is answered", async () => {
    await expectAnswers(PINGREQ, PINGRESP, PINGRESP);
  });

  test.each([
    ["[MQTT-3.14.1-1] DISCONNECT with wrong flags", Buffer.from([0xe1, 0])],
    ["3.14 DISCONNECT with content", Buffer.from([0xe0, 1, 0])],
    ["3.12 PINGREQ with content", Buffer.from([0xc0, 1, 0])],
  ])("%s closes the connection", async (_, bytes) => {
    await expectClosed(bytes);
  });

  test("[MQTT-3.14.4-2] nothing behind a DISCONNECT is processed", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    device.send(Buffer.concat([DISCONNECT, publishPacket({ topic, packetId: 1 }), PINGREQ]));
    await expectEnd(device);
    expect(await mqtt.stored()).toEqual([]);
  });

  test("[MQTT-3.14.4-3] a DISCONNECT discards the will", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1", { will: { topic, payload: "gone" } });
    device.send(DISCONNECT);
    await expectEnd(device);
    expect(await mqtt.stored()).toEqual([]);
  });
});
