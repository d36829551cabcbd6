import { expect, test } from "vitest";
import { settle } from "@larimar/domain/fixtures";
import { MqttTest } from "./fixtures/mqtt-test.fixture.ts";
import { puback, publishPacket } from "./fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "./fixtures/raw-client.fixture.ts";

test("closing the head closes every connection without a packet", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  const stranger = await mqtt.open();
  await mqtt.roundTrip(device);
  await mqtt.head[Symbol.asyncDispose]();
  await expectEnd(device);
  await expectEnd(stranger);
  expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(false);
});

test("closing the head waits for acknowledgements that are under way", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  mqtt.eventLog.isGated = true;
  device.send(publishPacket({ topic: device.login.topic, packetId: 1 }));
  await mqtt.until(() => mqtt.eventLog.gates.length === 1);
  const closed = mqtt.head[Symbol.asyncDispose]();
  await settle();
  mqtt.eventLog.gates[0]?.commit();
  await expectPackets(device, puback(1));
  await expectEnd(device);
  await closed;
});

test("closing the head does not wait for a disk that never answers", async () => {
  await using mqtt = await MqttTest.start({ limits: { closeGraceMs: 2000 } });
  const device = await mqtt.connected("d1");
  mqtt.eventLog.isGated = true;
  device.send(publishPacket({ topic: device.login.topic, packetId: 1 }));
  await mqtt.until(() => mqtt.eventLog.gates.length === 1);
  const closed = mqtt.head[Symbol.asyncDispose]();
  await mqtt.clock.advance(2000);
  await closed;
  await expectEnd(device);
});

test("closing the head waits until the wills of those who were connected are on disk", async () => {
  await using mqtt = await MqttTest.start();
  const will = { topic: "devices/d1/messages/events/", payload: "gone" };
  const device = await mqtt.connected("d1", { will });
  mqtt.eventLog.isGated = true;
  let isClosed = false;
  const closed = mqtt.head[Symbol.asyncDispose]().then(() => {
    isClosed = true;
    return isClosed;
  });
  await expectEnd(device);
  // Time enough for the last socket to close.
  for (let i = 0; i < 50; i++) await settle();
  expect(isClosed).toBe(false);
  mqtt.eventLog.gates[0]?.commit();
  await closed;
  expect(await mqtt.stored()).toMatchObject([{ body: "gone" }]);
});

test("a connection that comes while the head closes is not taken", async () => {
  await using mqtt = await MqttTest.start();
  const login = await mqtt.device("d1");
  await mqtt.head[Symbol.asyncDispose]();
  const client = await mqtt.open();
  client.send(login.connect());
  await expectEnd(client);
});

test("a client whose CONNECT is being decided gets no session any more", async () => {
  await using mqtt = await MqttTest.start();
  const login = await mqtt.device("d1");
  const { access } = mqtt.hub;
  const authenticate = access.authenticate.bind(access);
  let decide: (() => void) | undefined;
  access.authenticate = async (...asked) => {
    await new Promise<void>((resolve) => {
      decide = resolve;
    });
    return authenticate(...asked);
  };
  const client = await mqtt.open();
  client.send(login.connect());
  await mqtt.until(() => decide !== undefined);
  await mqtt.head[Symbol.asyncDispose]();
  decide?.();
  await settle();
  await expectEnd(client);
  expect(mqtt.log.closeReasons).toEqual(["shutdown"]);
  expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(false);
});
