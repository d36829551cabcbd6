import { expect, test } from "vitest";
import { MqttTest } from "../fixtures/mqtt-test.fixture.ts";
import {
  PINGREQ,
  PINGRESP,
  suback,
  subscribePacket,
  unsuback,
  unsubscribePacket,
} from "../fixtures/packets.fixture.ts";
import { expectPackets } from "../fixtures/raw-client.fixture.ts";

test("a device is granted what it asks for, up to QoS 1", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(
    subscribePacket(7, {
      "$iothub/twin/res/#": 0,
      "$iothub/methods/POST/#": 1,
      "devices/d1/messages/devicebound/#": 2,
    }),
  );
  await expectPackets(device, suback(7, 0, 1, 1));
});

test("a filter that means nothing here is granted too", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(
    subscribePacket(8, { "some/topic": 1, "#": 2, "devices/d2/messages/devicebound/#": 0 }),
  );
  await expectPackets(device, suback(8, 1, 1, 0));
});

test("a filter is no longer granted when a client has too many; others still are", async () => {
  await using mqtt = await MqttTest.start({ limits: { subscriptionsMax: 2 } });
  const device = await mqtt.connected("d1");
  const methods = (name: string): string => `$iothub/methods/POST/${name}/#`;
  device.send(subscribePacket(1, { [methods("a")]: 1, [methods("b")]: 1, [methods("c")]: 1 }));
  await expectPackets(device, suback(1, 1, 1, 0x80));
  device.send(subscribePacket(2, { [methods("a")]: 0, "some/topic": 0 }));
  await expectPackets(device, suback(2, 0, 0));
  device.send(unsubscribePacket(3, methods("a")), subscribePacket(4, { [methods("c")]: 1 }));
  await expectPackets(device, unsuback(3), suback(4, 1));
});

test("every UNSUBSCRIBE is answered", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(unsubscribePacket(9, "never/subscribed", "$iothub/twin/res/#"));
  await expectPackets(device, unsuback(9));
});

test("answers come in the order of the questions", async () => {
  await using mqtt = await MqttTest.start();
  const device = await mqtt.connected("d1");
  device.send(PINGREQ, subscribePacket(1, { a: 0 }), PINGREQ, unsubscribePacket(2, "a"));
  await expectPackets(device, PINGRESP, suback(1, 0), PINGRESP, unsuback(2));
  expect(device.unexpected).toBe("");
});
