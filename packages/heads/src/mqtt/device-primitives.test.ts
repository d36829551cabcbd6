import { describe, expect, test } from "vitest";
import { messageProperties } from "@larimar/domain";
import { encodePublish } from "@larimar/wire";
import { MqttTest } from "./fixtures/mqtt-test.fixture.ts";
import {
  DISCONNECT,
  PINGREQ,
  connack,
  publishPacket,
  puback,
  suback,
  subscribePacket,
  unsubscribePacket,
  unsuback,
} from "./fixtures/packets.fixture.ts";
import type { RawClient } from "./fixtures/raw-client.fixture.ts";
import { expectEnd, expectPackets } from "./fixtures/raw-client.fixture.ts";

const TWIN_RESPONSES = "$iothub/twin/res/#";
const DESIRED = "$iothub/twin/PATCH/properties/desired/#";
const METHODS = "$iothub/methods/POST/#";
const COMMANDS = "devices/d1/messages/devicebound/#";
const key = { deviceId: "d1" };

const published = (topic: string, body: unknown, fields: { packetId?: number } = {}) =>
  encodePublish({
    topic,
    payload: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
    qos: fields.packetId === undefined ? 0 : 1,
    ...fields,
  });

async function subscribe(client: RawClient, ...filters: string[]): Promise<void> {
  client.send(subscribePacket(99, Object.fromEntries(filters.map((filter) => [filter, 1]))));
  await expectPackets(client, suback(99, ...filters.map(() => 1)));
}

async function connectedTo(mqtt: MqttTest, ...filters: string[]): Promise<RawClient> {
  const client = await mqtt.connected("d1");
  await subscribe(client, ...filters);
  return client;
}

/** The next PUBLISH: its topic and its body. */
async function nextPublish(client: RawClient): Promise<{ topic: string; body: string }> {
  const [, first] = await client.take(2);
  let length = first! & 127;
  for (let shift = 7, byte = first!; byte > 127; shift += 7) {
    byte = (await client.take(1))[0]!;
    length += (byte & 127) << shift;
  }
  const rest = await client.take(length);
  const topicEnd = 2 + rest.readUInt16BE(0);
  return { topic: rest.toString("utf8", 2, topicEnd), body: rest.toString("utf8", topicEnd) };
}

describe("a twin over MQTT", () => {
  test("is read with its versions, and the answer comes before the PUBACK", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, TWIN_RESPONSES);
    await mqtt.hub.twins.update(key, { desired: { fan: "on" } }, "any");
    client.send(publishPacket({ topic: "$iothub/twin/GET/?$rid=a-1", packetId: 7, payload: " " }));
    const document = { desired: { fan: "on", $version: 2 }, reported: { $version: 1 } };
    await expectPackets(client, published("$iothub/twin/res/200/?$rid=a-1", document), puback(7));
  });

  test("takes reported properties and tells their version", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, TWIN_RESPONSES);
    const topic = "$iothub/twin/PATCH/properties/reported/?$rid=2";
    client.send(publishPacket({ topic, payload: '{"t":21.5}' }));
    await expectPackets(client, published("$iothub/twin/res/204/?$rid=2&$version=2", ""));
    expect((await mqtt.hub.twins.get(key)).reported.values).toEqual({ t: 21.5 });
  });

  test.each([
    ["no JSON", "{", 400, 400_004],
    ["no object", "[1]", 400, 400_004],
    ["a key with a dollar sign", '{"$a":1}', 400, 400_004],
  ])("refuses %s and says so in the body", async (_, payload, status, errorCode) => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, TWIN_RESPONSES);
    client.send(
      publishPacket({ topic: "$iothub/twin/PATCH/properties/reported/?$rid=3", payload }),
    );
    const answer = await nextPublish(client);
    expect(answer.topic).toBe(`$iothub/twin/res/${status}/?$rid=3`);
    expect(JSON.parse(answer.body)).toMatchObject({ errorCode });
    expect((await mqtt.hub.twins.get(key)).reported.version).toBe(1);
  });

  test("refuses a patch of another version than the device believes", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, TWIN_RESPONSES);
    const topic = "$iothub/twin/PATCH/properties/reported/?$rid=4&$version=9";
    client.send(publishPacket({ topic, payload: "{}" }));
    expect((await nextPublish(client)).topic).toBe("$iothub/twin/res/412/?$rid=4");
  });

  test("tells a listening device what is desired, deletions included", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, DESIRED);
    await mqtt.hub.twins.update(key, { desired: { fan: null } }, "any");
    const topic = "$iothub/twin/PATCH/properties/desired/?$version=2";
    await expectPackets(client, published(topic, { fan: null, $version: 2 }));
  });

  test("says nothing to a device that did not subscribe, or not any more", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, DESIRED);
    client.send(unsubscribePacket(5, DESIRED));
    await expectPackets(client, unsuback(5));
    await mqtt.hub.twins.update(key, { desired: { fan: "on" } }, "any");
    client.send(publishPacket({ topic: "$iothub/twin/GET/?$rid=1", packetId: 8 }));
    await expectPackets(client, puback(8));
    await mqtt.roundTrip(client);
  });

  test("records the model that the device announces", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    const username = `localhost/d1/?api-version=2021-04-12&model-id=dtmi:com:example;1`;
    client.send(login.connect({ username }));
    await expectPackets(client, connack(0));
    await mqtt.roundTrip(client);
    expect((await mqtt.hub.twins.get(key)).modelId).toBe("dtmi:com:example;1");
  });
});

describe("a method over MQTT", () => {
  const invoke = (mqtt: MqttTest, payload?: number) =>
    mqtt.hub.methods.invoke({
      key,
      name: "reboot",
      payload,
      connectTimeoutMs: 0,
      responseTimeoutMs: 5000,
    });

  test("asks the device and brings its answer back", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, METHODS);
    const response = invoke(mqtt, 5);
    await expectPackets(client, published("$iothub/methods/POST/reboot/?$rid=1", "5"));
    const topic = "$iothub/methods/res/200/?$rid=1";
    client.send(publishPacket({ topic, packetId: 3, payload: '{"ok":true}' }));
    await expectPackets(client, puback(3));
    expect(await response).toEqual({ status: 200, payload: { ok: true } });
  });

  test("without a payload says null, and takes an empty answer for null", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, METHODS);
    const response = invoke(mqtt);
    await expectPackets(client, published("$iothub/methods/POST/reboot/?$rid=1", "null"));
    client.send(publishPacket({ topic: "$iothub/methods/res/404/?$rid=1" }));
    expect(await response).toEqual({ status: 404, payload: null });
  });

  test("fails when the answer is no JSON, and ignores answers that nobody asked for", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, METHODS);
    client.send(publishPacket({ topic: "$iothub/methods/res/200/?$rid=77", payload: "{}" }));
    const response = invoke(mqtt);
    const refused = expect(response).rejects.toMatchObject({ code: "BadDeviceResponse" });
    await nextPublish(client);
    client.send(publishPacket({ topic: "$iothub/methods/res/200/?$rid=1", payload: "{" }));
    await refused;
  });

  test("fails when the connection goes before the answer", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, METHODS);
    const refused = expect(invoke(mqtt)).rejects.toMatchObject({ code: "DeviceConnectionClosed" });
    await nextPublish(client);
    client.send(DISCONNECT);
    await refused;
  });
});

describe("commands over MQTT", () => {
  const send = (mqtt: MqttTest, messageId: string) =>
    mqtt.hub.commands.send({
      key,
      ack: "full",
      message: { properties: messageProperties({ messageId }, new Map()), body: Buffer.from("go") },
    });
  const topicOf = (messageId: string) =>
    `devices/d1/messages/devicebound/%24.mid=${messageId}` +
    "&%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound&iothub-ack=full";

  test("wait for the subscription, and are complete with the PUBACK", async () => {
    await using mqtt = await MqttTest.start();
    await mqtt.hub.devices.create({ deviceId: "other" });
    const client = await mqtt.connected("d1");
    await send(mqtt, "m1");
    await mqtt.roundTrip(client);
    await subscribe(client, COMMANDS);
    await expectPackets(client, published(topicOf("m1"), "go", { packetId: 1 }));
    client.send(puback(1), PINGREQ);
    await client.take(2);
    await mqtt.until(() => true);
    expect(await mqtt.hub.commands.count(key)).toBe(0);
  });

  test("that were not acknowledged come again on the next connection", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, COMMANDS);
    await send(mqtt, "m1");
    await expectPackets(client, published(topicOf("m1"), "go", { packetId: 1 }));
    client.reset();
    await mqtt.until(() => !mqtt.hub.sessions.isConnected(key));
    expect(await mqtt.hub.commands.count(key)).toBe(1);
    const device = await mqtt.hub.devices.get("d1");
    const again = await mqtt.open();
    again.send(mqtt.loginOf(key, device.device.authentication).connect());
    await expectPackets(again, connack(0, true));
    await expectPackets(again, published(topicOf("m1"), "go", { packetId: 1 }));
  });

  test("stop when the client unsubscribes", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connectedTo(mqtt, COMMANDS);
    client.send(unsubscribePacket(5, COMMANDS));
    await expectPackets(client, unsuback(5));
    await send(mqtt, "m1");
    await mqtt.roundTrip(client);
    expect(await mqtt.hub.commands.count(key)).toBe(1);
  });
});

describe("a persistent session", () => {
  test("remembers its subscriptions, and a clean one forgets them", async () => {
    await using mqtt = await MqttTest.start();
    const first = await connectedTo(mqtt, DESIRED);
    first.send(DISCONNECT);
    await expectEnd(first);
    const { device } = await mqtt.hub.devices.get("d1");
    const login = mqtt.loginOf(key, device.authentication);
    const second = await mqtt.open();
    second.send(login.connect());
    await expectPackets(second, connack(0, true));
    await mqtt.hub.twins.update(key, { desired: { a: 1 } }, "any");
    expect((await nextPublish(second)).body).toContain('"a":1');
    const third = await mqtt.open();
    third.send(login.connect({ isClean: true }));
    await expectPackets(third, connack(0, false));
    const fourth = await mqtt.open();
    fourth.send(login.connect());
    await expectPackets(fourth, connack(0, false));
  });
});

test("a topic of the hub's that nobody knows closes the connection", async () => {
  await using mqtt = await MqttTest.start();
  const client = await mqtt.connected("d1");
  client.send(publishPacket({ topic: "$iothub/nothing" }));
  await expectEnd(client);
});
