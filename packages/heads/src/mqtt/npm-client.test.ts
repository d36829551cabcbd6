// An independent client, the one many hand-written devices use.
import type { IClientOptions, MqttClient } from "mqtt";
import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import type { DeviceLogin } from "./fixtures/mqtt-test.fixture.ts";
import { MqttTest } from "./fixtures/mqtt-test.fixture.ts";

async function connected(
  mqtt: MqttTest,
  login: DeviceLogin,
  options: IClientOptions = {},
): Promise<MqttClient> {
  return connectAsync({
    host: "127.0.0.1",
    port: mqtt.port,
    protocol: "mqtt",
    clientId: login.clientId,
    username: `localhost/${login.clientId}/?api-version=2021-04-12`,
    password: login.token(),
    clean: false,
    reconnectPeriod: 0,
    ...options,
  });
}

describe("an unmodified MQTT client", () => {
  test("sends telemetry of both kinds and is acknowledged", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await connected(mqtt, login);
    await client.publishAsync(`${login.topic}n=0`, "zero", { qos: 0 });
    const sends = Array.from({ length: 500 }, (_, index) =>
      client.publishAsync(`${login.topic}n=${index + 1}`, `message ${index + 1}`, { qos: 1 }),
    );
    await Promise.all(sends);
    const stored = await mqtt.stored();
    expect(stored.map(({ application }) => Number(application["n"]))).toEqual(
      Array.from({ length: 501 }, (_, index) => index),
    );
    await client.endAsync();
    await mqtt.until(() => !mqtt.hub.sessions.isConnected({ deviceId: "d1" }));
  });

  test("sends large messages in pieces", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await connected(mqtt, login);
    const bodies = [200_000, 1, 262_000, 70_000].map((length) => "é".repeat(length / 2));
    await Promise.all(bodies.map((body) => client.publishAsync(login.topic, body, { qos: 1 })));
    expect((await mqtt.stored()).map(({ body }) => body.length)).toEqual(
      bodies.map(({ length }) => length),
    );
    await client.endAsync();
  });

  test("subscribes and unsubscribes", async () => {
    await using mqtt = await MqttTest.start();
    const client = await connected(mqtt, await mqtt.device("d1"));
    const filters = ["$iothub/twin/res/#", "devices/d1/messages/devicebound/#"];
    const granted = await client.subscribeAsync(filters, { qos: 1 });
    expect(granted.map(({ topic, qos }) => [topic, qos])).toEqual(filters.map((f) => [f, 1]));
    await client.unsubscribeAsync(filters);
    await client.endAsync();
  });

  test("is told that it is not authorised", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const refused = connected(mqtt, login, { password: login.token({ lifetimeMs: -301_000 }) });
    await expect(refused).rejects.toMatchObject({ code: 5 });
  });

  test.each([3, 5] as const)("of protocol version %i is told to speak another", async (version) => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const protocolId = version === 3 ? "MQIsdp" : "MQTT";
    const refused = connected(mqtt, login, { protocolVersion: version, protocolId });
    await expect(refused).rejects.toMatchObject({ code: 1 });
  });

  test("is disconnected when it sends with QoS 2", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await connected(mqtt, login);
    client.publish(login.topic, "x", { qos: 2 });
    await new Promise<void>((resolve) => client.once("close", () => resolve()));
    expect(await mqtt.stored()).toEqual([]);
    await client.endAsync(true);
  });

  test("resends what was not acknowledged before the connection broke", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await connected(mqtt, login, { reconnectPeriod: 1 });
    mqtt.eventLog.isGated = true;
    const acknowledged = client.publishAsync(login.topic, "once more", { qos: 1 });
    await mqtt.until(() => mqtt.eventLog.gates.length === 1);
    mqtt.eventLog.isGated = false;
    mqtt.eventLog.gates[0]?.fail();
    await acknowledged;
    expect(mqtt.eventLog.appended).toEqual([1, 1]);
    await client.endAsync();
  });
});
