import { describe, expect, test } from "vitest";
import { MqttTest } from "../fixtures/mqtt-test.fixture.ts";
import {
  DISCONNECT,
  PINGREQ,
  PINGRESP,
  connack,
  packet,
  puback,
  publishPacket,
  subscribePacket,
  suback,
  text,
} from "../fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

/** Sends the first bytes of a connection; what the server answers before it closes. */
async function expectClosedAfter(bytes: Buffer, ...answer: Buffer[]): Promise<void> {
  await using mqtt = await MqttTest.start();
  await mqtt.device("d1");
  const client = await mqtt.open();
  client.send(bytes);
  await expectPackets(client, ...answer);
  await expectEnd(client);
}

const connectBytes = (flags: number, ...payload: string[]): Buffer =>
  packet(0x10, text("MQTT"), Buffer.from([4, flags, 0, 60]), ...payload.map(text));

describe("MQTT 3.1.1, section 3.1 CONNECT", () => {
  test("[MQTT-3.1.0-1] another first packet closes the connection", async () => {
    await expectClosedAfter(subscribePacket(1, { a: 0 }));
  });

  test("[MQTT-3.1.0-2] a second CONNECT closes the connection", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    device.send(device.login.connect());
    await expectEnd(device);
    expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(false);
  });

  test("[MQTT-3.1.2-1] another protocol name closes the connection", async () => {
    const bytes = packet(0x10, text("MQIsdpX"), Buffer.from([4, 2, 0, 60]), text("d1"));
    await expectClosedAfter(bytes);
  });

  test.each([0, 3, 5, 255])(
    "[MQTT-3.1.2-2] level %i is answered with 1, then closed",
    async (level) => {
      const bytes = packet(0x10, text("MQTT"), Buffer.from([level, 2, 0, 60]), text("d1"));
      await expectClosedAfter(bytes, connack(1));
    },
  );

  test.each([
    ["[MQTT-3.1.2-3] the reserved flag closes the connection", connectBytes(0x01, "d1")],
    ["[MQTT-3.1.2-13] a will QoS needs a will", connectBytes(0x08, "d1")],
    ["[MQTT-3.1.2-14] a will QoS is not 3", connectBytes(0x1c, "d1", "t", "p")],
    ["[MQTT-3.1.2-15] will retain needs a will", connectBytes(0x20, "d1")],
    ["[MQTT-3.1.2-22] a password needs a user name", connectBytes(0x40, "d1", "p")],
    ["[MQTT-3.1.2-9] a will flag announces topic and message", connectBytes(0x04, "d1", "t")],
    ["[MQTT-3.1.2-19] a user name flag announces a user name", connectBytes(0x80, "d1")],
    ["[MQTT-3.1.3-3] a CONNECT has a client id", connectBytes(0x02)],
  ])("%s", async (_, bytes) => {
    await expectClosedAfter(bytes);
  });

  test("[MQTT-3.1.2-8] a will is published when the connection is closed for a violation", async () => {
    await using mqtt = await MqttTest.start();
    const will = { topic: "devices/d1/messages/events/", payload: "gone" };
    const device = await mqtt.connected("d1", { will });
    device.send(Buffer.from([0xf0, 0]));
    await expectEnd(device);
    expect(await mqtt.stored()).toMatchObject([{ body: "gone" }]);
  });

  test("[MQTT-3.1.2-10] a will is published once", async () => {
    await using mqtt = await MqttTest.start();
    const will = { topic: "devices/d1/messages/events/", payload: "gone" };
    const device = await mqtt.connected("d1", { will });
    device.send(Buffer.concat([publishPacket({ topic: "a/b" }), DISCONNECT]));
    await expectEnd(device);
    await mqtt.head[Symbol.asyncDispose]();
    expect(await mqtt.stored()).toHaveLength(1);
  });

  test("[MQTT-3.1.2-24] silence of one and a half keep-alives closes the connection", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1", { keepAliveSeconds: 10 });
    await mqtt.clock.advance(15_000);
    device.send(PINGREQ);
    await expectPackets(device, PINGRESP);
    await mqtt.clock.advance(18_000);
    await expectEnd(device);
  });

  test("[MQTT-3.1.4-2] the same client id closes the older connection", async () => {
    await using mqtt = await MqttTest.start();
    const older = await mqtt.connected("d1");
    const newer = await mqtt.open();
    newer.send(older.login.connect());
    await expectPackets(newer, connack(0));
    await expectEnd(older);
    expect(mqtt.hub.sessions.count).toBe(1);
  });

  test("[MQTT-3.1.4-5] nothing that follows a refused CONNECT is processed", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    const message = publishPacket({ topic: login.topic, packetId: 1 });
    client.send(Buffer.concat([login.connect({ password: "no" }), message]));
    await expectPackets(client, connack(5));
    await expectEnd(client);
    expect(await mqtt.stored()).toEqual([]);
  });

  test("3.1.4 packets behind CONNECT are processed once it is accepted, in their order", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    const message = publishPacket({ topic: login.topic, packetId: 1 });
    client.send(
      Buffer.concat([
        login.connect({ isClean: true }),
        subscribePacket(2, { a: 1 }),
        PINGREQ,
        message,
      ]),
    );
    await expectPackets(client, connack(0), suback(2, 1), PINGRESP, puback(1));
    expect(client.unexpected).toBe("");
  });
});

describe("MQTT 3.1.1, section 3.2 CONNACK", () => {
  test("[MQTT-3.2.0-1] CONNACK is the first packet a client gets", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    client.send(Buffer.concat([login.connect(), PINGREQ]));
    await expectPackets(client, connack(0), PINGRESP);
    expect(client.unexpected).toBe("");
  });

  test("[MQTT-3.2.2-1] a clean session finds no session present", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    client.send(login.connect({ isClean: true }));
    await expectPackets(client, connack(0, false));
    expect(client.unexpected).toBe("");
  });

  test("[MQTT-3.2.2-4] a refusal never finds a session present", async () => {
    await expectClosedAfter(connectBytes(0x00, "d1"), connack(5, false));
  });

  test("[MQTT-3.2.2-5] the connection is closed after a refusal", async () => {
    await expectClosedAfter(connectBytes(0x02, ""), connack(5));
  });
});
