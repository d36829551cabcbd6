import { describe, expect, test } from "vitest";
import { MqttTest } from "../fixtures/mqtt-test.fixture.ts";
import {
  PINGREQ,
  PINGRESP,
  connack,
  packet,
  puback,
  publishPacket,
  text,
  uint16,
} from "../fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

/** Connects a device, sends the bytes, and expects the connection to be closed for them. */
async function expectClosed(reason: string, ...bytes: Buffer[]): Promise<void> {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(...bytes);
  await expectEnd(device);
  expect(mqtt.log.closeReasons).toEqual([reason]);
}

describe("MQTT 3.1.1, chapters 1 and 2", () => {
  test.each([
    ["[MQTT-1.5.3-1] a text that is not UTF-8 closes the connection", Buffer.from([0xc3, 0x28])],
    ["[MQTT-1.5.3-1] so does an encoded surrogate", Buffer.from([0xed, 0xa0, 0x80])],
    ["[MQTT-1.5.3-2] so does U+0000", Buffer.from("a\0b")],
  ])("%s", async (_, topic) => {
    await expectClosed("malformedPacket", packet(0x82, uint16(1), text(topic), Buffer.from([0])));
  });

  test("[MQTT-1.5.3-3] a byte order mark in a property is kept", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    device.send(publishPacket({ topic: `${device.login.topic}a=\u{feff}b`, packetId: 1 }));
    await expectPackets(device, puback(1));
    expect(await mqtt.stored()).toMatchObject([{ application: { a: "\u{feff}b" } }]);
  });

  test.each([
    ["CONNECT", 0x11],
    ["PUBACK", 0x41],
    ["SUBSCRIBE", 0x80],
    ["UNSUBSCRIBE", 0xa0],
    ["PINGREQ", 0xc2],
    ["DISCONNECT", 0xe8],
  ])("[MQTT-2.2.2-2] wrong flags of %s close the connection", async (_, firstByte) => {
    await expectClosed("malformedPacket", Buffer.from([firstByte, 2, 0, 1]));
  });

  test("2.2.3 a remaining length has at most four bytes", async () => {
    await expectClosed(
      "malformedPacket",
      Buffer.from("30 80 80 80 80 01".replaceAll(" ", ""), "hex"),
    );
  });

  test.each([
    ["PUBLISH", publishPacket({ topic: "devices/d1/messages/events/", packetId: 0 })],
    ["SUBSCRIBE", packet(0x82, uint16(0), text("a"), Buffer.from([0]))],
    ["UNSUBSCRIBE", packet(0xa2, uint16(0), text("a"))],
  ])("[MQTT-2.3.1-1] packet identifier 0 in %s closes the connection", async (_, bytes) => {
    await expectClosed("malformedPacket", bytes);
  });

  test("[MQTT-2.3.1-6] a PUBACK carries the identifier of its PUBLISH", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    for (const packetId of [1, 255, 256, 0x1234, 0xffff]) {
      device.send(publishPacket({ topic: device.login.topic, packetId }));
      await expectPackets(device, puback(packetId));
    }
  });
});

test("[MQTT-4.6.0-2] PUBACKs come in the order of the PUBLISH packets", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  const { topic } = device.login;
  const packetIds = [9, 3, 65_535, 1, 2];
  for (const packetId of packetIds) device.send(publishPacket({ topic, packetId }));
  await expectPackets(device, ...packetIds.map(puback));
});

test("[MQTT-4.8.0-1] a violation closes the connection it came on, and no other", async () => {
  await using mqtt = await MqttTest.start();
  const other = await mqtt.connected("other");
  const device = await mqtt.connected("d1");
  device.send(connack(0));
  await expectEnd(device);
  other.send(PINGREQ);
  await expectPackets(other, PINGRESP);
});
