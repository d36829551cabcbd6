import type { ClientCertificate } from "@larimar/domain";
import { createTestHub, testSettings } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { MqttTest, sasToken } from "../fixtures/mqtt-test.fixture.ts";
import { connack, connectPacket, puback, publishPacket } from "../fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

const certificate: ClientCertificate = {
  sha1Thumbprint: "AB".repeat(20),
  sha256Thumbprint: "cd".repeat(32),
  subjectCommonName: "other",
  notBeforeMs: 0,
  notAfterMs: Date.UTC(2040, 0, 1),
  chainDer: [],
};

describe("a device that proves itself", () => {
  test.each([
    ["with an API version", "localhost/d1/?api-version=2021-04-12"],
    ["with what it runs on", "localhost/d1/?api-version=2021-04-12&DeviceClientType=node%2F1"],
    ["in the old spelling", "localhost/d1/api-version=2016-11-14"],
    ["with nothing but its id", "localhost/d1"],
    ["with another host name and a port", "other.example:8883/d1/?api-version=2021-04-12"],
  ])("is connected %s in its user name", async (_, username) => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    client.send(login.connect({ username }));
    await expectPackets(client, connack(0));
    expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(true);
  });

  test("is connected with a token of a policy that lets devices connect", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const policy = mqtt.hub.settings.policies.find(({ name }) => name === "device")!;
    const expiresAtMs = mqtt.clock.now() + 60_000;
    const password = `${sasToken("localhost", policy.primaryKey, expiresAtMs)}&skn=device`;
    const client = await mqtt.open();
    client.send(login.connect({ password }));
    await expectPackets(client, connack(0));
  });

  test.each([
    ["without a password", undefined],
    ["with an empty password", ""],
    ["with a password that is no token", "secret"],
  ])("is connected by its certificate %s", async (_, password) => {
    await using mqtt = await MqttTest.start({ certificate });
    const primaryThumbprint = certificate.sha256Thumbprint;
    await mqtt.hub.devices.create({ deviceId: "d1", authentication: { primaryThumbprint } });
    const client = await mqtt.open();
    client.send(connectPacket({ clientId: "d1", username: "localhost/d1", password }));
    await expectPackets(client, connack(0));
  });

  test("announces a plug-and-play model, which marks its telemetry", async () => {
    await using mqtt = await MqttTest.start();
    const username = "localhost/d1/?api-version=2021-04-12&model-id=dtmi:com:example:x;1";
    await mqtt.connected("d1", { username });
    const session = mqtt.hub.sessions.find({ deviceId: "d1" });
    expect(session?.origin.modelId).toBe("dtmi:com:example:x;1");
  });

  test("as a module has a session of its own beside its device's", async () => {
    await using mqtt = await MqttTest.start();
    await mqtt.connected("d1");
    const login = await mqtt.module("d1", "m1");
    const client = await mqtt.open();
    client.send(login.connect());
    await expectPackets(client, connack(0));
    expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(true);
    expect(mqtt.hub.sessions.isConnected({ deviceId: "d1", moduleId: "m1" })).toBe(true);
  });

  test("need not wait for the answer before it goes on", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    const first = publishPacket({ topic: login.topic, payload: "first", packetId: 1 });
    const second = publishPacket({ topic: login.topic, payload: "second", packetId: 2 });
    client.send(login.connect(), first, second.subarray(0, 5));
    client.send(second.subarray(5));
    await expectPackets(client, connack(0), puback(1), puback(2));
    expect((await mqtt.stored()).map(({ body }) => body)).toEqual(["first", "second"]);
  });
});

describe("the hub a client means", () => {
  async function hubOf(userHostName: string, serverName?: string): Promise<string | undefined> {
    const other = createTestHub({}, testSettings({ name: "b", hostNames: ["b.example"] })).hub;
    const options = { otherHubs: [other], ...(serverName === undefined ? {} : { serverName }) };
    await using mqtt = await MqttTest.start(options);
    // The same device exists in both hubs, with the same key.
    const login = await mqtt.device("d1");
    const authentication = { type: "sas" as const, primaryKey: login.key };
    await other.devices.create({ deviceId: "d1", authentication });
    const client = await mqtt.open();
    client.send(login.connect({ username: `${userHostName}/d1` }));
    await expectPackets(client, connack(0));
    const deviceId = "d1";
    return [mqtt.hub, other].find((hub) => hub.sessions.isConnected({ deviceId }))?.settings.name;
  }

  test("is the one named by SNI before the one in its user name", async () => {
    expect(await hubOf("localhost", "B.example")).toBe("b");
  });

  test("is the one in its user name when SNI names none", async () => {
    expect(await hubOf("b.example", "10.0.0.1")).toBe("b");
    expect(await hubOf("b.example:8883")).toBe("b");
  });

  test("is the default one when neither names any", async () => {
    expect(await hubOf("c.example", "gateway.example")).toBe("local");
  });

  test("does not exist for strangers when the server is strict about names", async () => {
    await using mqtt = await MqttTest.start({ isStrict: true });
    const login = await mqtt.device("d1");
    const client = await mqtt.open();
    client.send(login.connect({ username: "c.example/d1" }));
    await expectPackets(client, connack(5));
    await expectEnd(client);
  });
});
