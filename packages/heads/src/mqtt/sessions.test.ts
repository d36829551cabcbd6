import { describe, expect, test } from "vitest";
import { settle } from "@larimar/domain/fixtures";
import { MqttTest } from "./fixtures/mqtt-test.fixture.ts";
import { DISCONNECT, connack, puback, publishPacket } from "./fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "./fixtures/raw-client.fixture.ts";

const d1 = { deviceId: "d1" };

describe("a session ends", () => {
  test("without a packet when the same device connects again, which goes on", async () => {
    await using mqtt = await MqttTest.start();
    const older = await mqtt.connected("d1");
    const newer = await mqtt.open();
    newer.send(older.login.connect());
    await expectPackets(newer, connack(0));
    await expectEnd(older);
    expect(mqtt.log.closeReasons).toEqual(["takenOver"]);
    newer.send(publishPacket({ topic: older.login.topic, packetId: 1 }));
    await expectPackets(newer, puback(1));
    expect(mqtt.hub.sessions.isConnected(d1)).toBe(true);
  });

  test("when its token expires, skew included, and not before", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    client.send(
      login.connect({ password: login.token({ lifetimeMs: 60_000 }), keepAliveSeconds: 0 }),
    );
    await expectPackets(client, connack(0));
    await mqtt.clock.advance(60_000 + 299_000);
    expect(mqtt.hub.sessions.isConnected(d1)).toBe(true);
    await mqtt.clock.advance(1000);
    await expectEnd(client);
    expect(mqtt.log.closeReasons).toEqual(["tokenExpired"]);
  });

  test("when its device is disabled or deleted", async () => {
    await using mqtt = await MqttTest.start();
    const first = await mqtt.connected("d1");
    const second = await mqtt.connected("d2");
    await mqtt.hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    await expectEnd(first);
    await mqtt.hub.devices.delete("d2", "any");
    await expectEnd(second);
    expect(mqtt.log.closeReasons).toEqual(["identityDisabled", "identityDeleted"]);
  });

  test.each([
    [
      "says goodbye",
      (client: Awaited<ReturnType<MqttTest["connected"]>>) => client.send(DISCONNECT),
    ],
    ["closes its socket", (client: Awaited<ReturnType<MqttTest["connected"]>>) => client.end()],
    ["vanishes", (client: Awaited<ReturnType<MqttTest["connected"]>>) => client.reset()],
  ])("when the client %s, which is no event for the operator", async (_, leave) => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1");
    leave(client);
    await mqtt.until(() => !mqtt.hub.sessions.isConnected(d1));
    expect(mqtt.log.closeReasons).toEqual([]);
  });

  test("and what came with the goodbye is kept and acknowledged", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1");
    const message = publishPacket({ topic: client.login.topic, payload: "last", packetId: 1 });
    client.send(Buffer.concat([message, DISCONNECT]));
    await expectPackets(client, puback(1));
    await expectEnd(client);
    expect(await mqtt.stored()).toMatchObject([{ body: "last" }]);
  });
});

describe("a will", () => {
  const will = { topic: "devices/d1/messages/events/a=b", payload: "gone", qos: 1 };
  const published = {
    deviceId: "d1",
    application: { a: "b", "iothub-MessageType": "Will" },
    body: "gone",
  };

  test("is telemetry once the client has vanished", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { will });
    client.reset();
    await mqtt.until(() => !mqtt.hub.sessions.isConnected(d1));
    await settle();
    expect(await mqtt.stored()).toMatchObject([published]);
  });

  test("is telemetry after the server closed the connection, behind what came before", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { will: { ...will, isRetained: true } });
    const message = publishPacket({ topic: client.login.topic, payload: "last", packetId: 1 });
    client.send(Buffer.concat([message, publishPacket({ topic: "a/b", packetId: 2 })]));
    await expectPackets(client, puback(1));
    await expectEnd(client);
    const application = { ...published.application, "mqtt-retain": "true" };
    expect(await mqtt.stored()).toMatchObject([{ body: "last" }, { ...published, application }]);
  });

  test("of the older connection comes before what the newer one sends", async () => {
    await using mqtt = await MqttTest.start();
    const older = await mqtt.connected("d1", { will });
    const newer = await mqtt.open();
    newer.send(
      older.login.connect(),
      publishPacket({ topic: older.login.topic, payload: "new", packetId: 1 }),
    );
    await expectPackets(newer, connack(0), puback(1));
    expect((await mqtt.stored()).map(({ body }) => body)).toEqual(["gone", "new"]);
  });

  test("is forgotten when the client says goodbye", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { will });
    client.send(DISCONNECT);
    await expectEnd(client);
    expect(await mqtt.stored()).toEqual([]);
  });

  test("of a device that was disabled is not published", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { will });
    await mqtt.hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    await expectEnd(client);
    await settle();
    expect(await mqtt.stored()).toEqual([]);
  });

  test("that the log cannot keep is reported", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { will });
    mqtt.eventLog.isBroken = true;
    client.reset();
    await mqtt.until(() => mqtt.log.lines.some(({ level }) => level === "warn"));
    expect(mqtt.log.lines.at(-1)).toMatchObject({
      message: "will not published",
      fields: { deviceId: "d1" },
    });
  });
});
