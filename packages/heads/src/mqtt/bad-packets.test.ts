import { describe, expect, test } from "vitest";
import type { DeviceLogin } from "./fixtures/mqtt-test.fixture.ts";
import { MqttTest } from "./fixtures/mqtt-test.fixture.ts";
import {
  PINGREQ,
  connack,
  packet,
  puback,
  publishPacket,
  subscribePacket,
  text,
  uint16,
} from "./fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "./fixtures/raw-client.fixture.ts";

/** What a connected device sends, and why the server closes the connection. */
const offences: readonly [string, string, (login: DeviceLogin) => Buffer][] = [
  ["a second CONNECT", "unexpectedPacket", (login) => login.connect()],
  [
    "a message of QoS 2",
    "qos2Refused",
    ({ topic }) => publishPacket({ topic, packetId: 1, qos: 2 }),
  ],
  [
    "a message on another device's topic",
    "foreignTopic",
    () => publishPacket({ topic: "devices/d2/messages/events/", packetId: 1 }),
  ],
  [
    "a message on the topic of a module of its own",
    "foreignTopic",
    () => publishPacket({ topic: "devices/d1/modules/m/messages/events/", packetId: 1 }),
  ],
  ["a message on some topic", "unknownTopic", () => publishPacket({ topic: "a/b", packetId: 1 })],
  [
    "a message on the topic it receives commands from",
    "unknownTopic",
    () => publishPacket({ topic: "devices/d1/messages/devicebound/", packetId: 1 }),
  ],
  [
    "a message that is larger than the hub takes",
    "messageTooLarge",
    ({ topic }) => publishPacket({ topic, payload: "x".repeat(262_145), packetId: 1 }),
  ],
  [
    "a packet that is larger than any message",
    "packetTooLarge",
    ({ topic }) => publishPacket({ topic, payload: "x".repeat(400_000), packetId: 1 }),
  ],
  [
    "a topic that is no text",
    "malformedPacket",
    () => packet(0x32, text(Buffer.from([0xff])), uint16(1)),
  ],
  ["packet identifier 0", "malformedPacket", ({ topic }) => publishPacket({ topic, packetId: 0 })],
  ["a SUBSCRIBE without a filter", "malformedPacket", () => subscribePacket(1, {})],
  ["a PINGREQ with content", "malformedPacket", () => packet(0xc0, Buffer.from([0]))],
  ["reserved bits", "malformedPacket", () => Buffer.from([0xc1, 0])],
  ["a length of five bytes", "malformedPacket", () => Buffer.from("30ffffffff01", "hex")],
  ["a packet type that does not exist", "malformedPacket", () => Buffer.from([0xf0, 0])],
  ["a CONNACK", "unexpectedPacket", () => connack(0)],
  ["a PUBREL", "unexpectedPacket", () => packet(0x62, uint16(1))],
  ["a SUBACK", "unexpectedPacket", () => packet(0x90, uint16(1), Buffer.from([0]))],
];

describe("a connection is closed, and no other is disturbed, when a device sends", () => {
  test.each(offences)("%s: %s", async (_, reason, offence) => {
    await using mqtt = await MqttTest.start();
    const other = await mqtt.connected("other");
    const device = await mqtt.connected("d1");
    device.send(offence(device.login));
    await expectEnd(device);
    expect(mqtt.log.closeReasons).toEqual([reason]);
    expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(false);
    expect(await mqtt.stored()).toEqual([]);
    other.send(publishPacket({ topic: other.login.topic, packetId: 5 }), PINGREQ);
    await expectPackets(other, Buffer.from([0xd0, 0]), puback(5));
  });

  test("nothing but a packet's header that promises too much", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    device.send(Buffer.from("32ffffff7f", "hex"));
    await expectEnd(device);
    expect(mqtt.log.closeReasons).toEqual(["packetTooLarge"]);
  });
});

describe("a connection is closed without an answer when its first bytes are", () => {
  test.each([
    ["another packet", PINGREQ, "unexpectedPacket"],
    [
      "a message",
      publishPacket({ topic: "devices/d1/messages/events/", packetId: 1 }),
      "unexpectedPacket",
    ],
    [
      "another protocol",
      Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      "malformedPacket",
    ],
    [
      "a CONNECT of another name",
      packet(0x10, text("MQTX"), Buffer.from([4, 2, 0, 0]), text("d")),
      "malformedPacket",
    ],
    [
      "a CONNECT with a reserved flag",
      packet(0x10, text("MQTT"), Buffer.from([4, 1, 0, 0]), text("d")),
      "malformedPacket",
    ],
    ["a CONNECT that is too long", Buffer.from("10ffff7f", "hex"), "packetTooLarge"],
  ])("%s", async (_, bytes, reason) => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.open();
    client.send(bytes);
    await expectEnd(client);
    expect(mqtt.log.closeReasons).toEqual([reason]);
  });
});

test("what follows an offence in the same read is not looked at", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  const { topic } = device.login;
  device.send(
    Buffer.concat([
      publishPacket({ topic: "a/b", packetId: 1 }),
      publishPacket({ topic, packetId: 2 }),
      PINGREQ,
    ]),
  );
  await expectEnd(device);
  expect(await mqtt.stored()).toEqual([]);
});

test("what a client sends after it was told to go is read and dropped", async () => {
  await using mqtt = await MqttTest.start();
  const login = await mqtt.device("d1");
  const client = await mqtt.open();
  client.send(login.connect({ password: "wrong" }));
  for (let i = 0; i < 50; i++)
    client.send(publishPacket({ topic: login.topic, payload: "x".repeat(9000) }));
  await expectPackets(client, connack(5));
  await expectEnd(client);
  expect(await mqtt.stored()).toEqual([]);
});
