import { describe, expect, test } from "vitest";
import { MqttTest } from "../fixtures/mqtt-test.fixture.ts";
import { connack, puback, publishPacket } from "../fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

describe("telemetry", () => {
  test("reaches the event log with its properties and body", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const topic = `${device.login.topic}%24.mid=m1&%24.ct=text%2Fplain&a=b%20c`;
    device.send(publishPacket({ topic, payload: "21.5", packetId: 513 }));
    await expectPackets(device, puback(513));
    expect(await mqtt.stored()).toEqual([
      {
        source: "Telemetry",
        deviceId: "d1",
        system: { messageId: "m1", contentType: "text/plain" },
        application: { a: "b c" },
        body: "21.5",
      },
    ]);
  });

  test("of QoS 0 is kept and not acknowledged", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const { topic } = device.login;
    device.send(publishPacket({ topic, payload: "zero" }));
    device.send(publishPacket({ topic, payload: "one", packetId: 1 }));
    await expectPackets(device, puback(1));
    expect((await mqtt.stored()).map(({ body }) => body)).toEqual(["zero", "one"]);
    expect(device.unexpected).toBe("");
  });

  test("may be empty", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    device.send(publishPacket({ topic: "devices/d1/messages/events", packetId: 1 }));
    await expectPackets(device, puback(1));
    expect(await mqtt.stored()).toMatchObject([{ body: "" }]);
  });

  test("says that it was to be retained or is a duplicate, and only then", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const { topic } = device.login;
    device.send(
      publishPacket({ topic, packetId: 1 }),
      publishPacket({ topic, packetId: 2, isRetained: true }),
      publishPacket({ topic, packetId: 2, isDuplicate: true }),
      publishPacket({ topic, packetId: 3 }),
    );
    await expectPackets(device, puback(1), puback(2), puback(2), puback(3));
    expect((await mqtt.stored()).map(({ application }) => application)).toEqual([
      {},
      { "mqtt-retain": "true" },
      { "mqtt-dup": "true" },
      {},
    ]);
  });

  test("keeps its properties apart however its topics alternate", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    // More topics than a connection remembers, of the same length, each several times.
    const values = [1, 2, 3, 4, 5, 6, 6, 1, 2, 5, 3, 3, 4, 1, 6];
    const packets = values.map((value, index) =>
      publishPacket({ topic: `${device.login.topic}a=${value}`, packetId: index + 1 }),
    );
    device.send(...packets);
    await expectPackets(device, ...values.map((_, index) => puback(index + 1)));
    expect((await mqtt.stored()).map(({ application }) => application["a"])).toEqual(
      values.map(String),
    );
  });

  test("of several hundred bytes of topic is read every time", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const topic = `${device.login.topic}a=${"x".repeat(3000)}`;
    device.send(publishPacket({ topic, packetId: 1 }), publishPacket({ topic, packetId: 2 }));
    await expectPackets(device, puback(1), puback(2));
    expect((await mqtt.stored()).map(({ application }) => String(application["a"]).length)).toEqual(
      [3000, 3000],
    );
  });

  test("of a module is a module's", async () => {
    await using mqtt = await MqttTest.start();
    await mqtt.device("d1");
    const login = await mqtt.module("d1", "m1");
    const client = await mqtt.open();
    client.send(login.connect());
    await expectPackets(client, connack(0));
    const topic = "devices/d1/modules/m1/messages/events/%24.on=out1/";
    client.send(publishPacket({ topic, packetId: 1 }));
    await expectPackets(client, puback(1));
    expect(await mqtt.stored()).toMatchObject([
      { deviceId: "d1", moduleId: "m1", system: { outputName: "out1" } },
    ]);
  });

  test("as large as the hub takes arrives whole", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const payload = "x".repeat(262_144);
    device.send(publishPacket({ topic: device.login.topic, payload, packetId: 1 }));
    await expectPackets(device, puback(1));
    expect((await mqtt.stored())[0]?.body).toBe(payload);
  });
});

describe("an acknowledgement", () => {
  test("is not sent before the message is on disk", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const other = await mqtt.connected("other");
    mqtt.eventLog.isGated = true;
    device.send(publishPacket({ topic: device.login.topic, packetId: 1 }));
    await mqtt.until(() => mqtt.eventLog.gates.length === 1);
    mqtt.eventLog.isGated = false;
    // Another client's round trip shows that the server had every chance.
    other.send(publishPacket({ topic: other.login.topic, packetId: 2 }));
    await expectPackets(other, puback(2));
    expect(device.unexpected).toBe("");
    mqtt.eventLog.gates[0]?.commit();
    await expectPackets(device, puback(1));
  });

  test("waits for those of earlier messages, whichever is on disk first", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    mqtt.eventLog.isGated = true;
    const { topic } = device.login;
    for (const packetId of [3, 1, 2]) {
      const { length } = mqtt.eventLog.gates;
      device.send(publishPacket({ topic, packetId }));
      await mqtt.until(() => mqtt.eventLog.gates.length > length);
    }
    const [first, second, third] = mqtt.eventLog.gates;
    third?.commit();
    second?.commit();
    await mqtt.arrived();
    expect(device.unexpected).toBe("");
    first?.commit();
    await expectPackets(device, puback(3), puback(1), puback(2));
  });

  test("covers everything one read brought, in one append and in order of receipt", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const { topic } = device.login;
    const packetIds = Array.from({ length: 100 }, (_, index) => 1000 - index);
    device.send(...packetIds.map((packetId) => publishPacket({ topic, payload: "x", packetId })));
    await expectPackets(device, ...packetIds.map(puback));
    expect(mqtt.eventLog.appended).toEqual([100]);
  });

  test("never comes for a message the log could not keep; the client has to send it again", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    mqtt.eventLog.isGated = true;
    device.send(publishPacket({ topic: device.login.topic, packetId: 1 }));
    await mqtt.until(() => mqtt.eventLog.gates.length === 1);
    mqtt.eventLog.gates[0]?.fail();
    await expectEnd(device);
    expect(mqtt.log.lines.at(-1)).toMatchObject({
      level: "warn",
      fields: { deviceId: "d1", reason: "eventLogUnavailable" },
    });
  });

  test("of what came before a message that is too large still goes out", async () => {
    await using mqtt = await MqttTest.start({ hubLimits: { telemetryBytesMax: 100 } });
    const device = await mqtt.connected("d1");
    const { topic } = device.login;
    device.send(
      publishPacket({ topic, payload: "good", packetId: 1 }),
      publishPacket({ topic, payload: "unacknowledged" }),
      publishPacket({ topic, payload: "x".repeat(101), packetId: 2 }),
      publishPacket({ topic, payload: "after", packetId: 3 }),
    );
    await expectPackets(device, puback(1));
    await expectEnd(device);
    expect((await mqtt.stored()).map(({ body }) => body)).toEqual(["good", "unacknowledged"]);
    expect(mqtt.log.closeReasons).toEqual(["messageTooLarge"]);
  });

  test("of what came before a malformed packet still goes out", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    mqtt.eventLog.isGated = true;
    const good = publishPacket({ topic: device.login.topic, packetId: 1 });
    device.send(Buffer.concat([good, Buffer.from([0xf0, 0])]));
    await mqtt.until(() => mqtt.eventLog.gates.length === 1);
    mqtt.eventLog.gates[0]?.commit();
    await expectPackets(device, puback(1));
    await expectEnd(device);
  });
});
