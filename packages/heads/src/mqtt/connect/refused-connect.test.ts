import type { ClientCertificate } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import type { DeviceLogin } from "../fixtures/mqtt-test.fixture.ts";
import { MqttTest, sasToken } from "../fixtures/mqtt-test.fixture.ts";
import type { ConnectFields } from "../fixtures/packets.fixture.ts";
import { connack, puback, publishPacket } from "../fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

const otherKey = Buffer.alloc(32, 7).toString("base64");

/** Why device d1 is refused, and what it is told. */
const refusals: readonly [string, number, (login: DeviceLogin) => Partial<ConnectFields>][] = [
  ["a wrong key", 5, (login) => ({ password: login.token({ key: otherKey }) })],
  ["an expired token", 5, (login) => ({ password: login.token({ lifetimeMs: -301_000 }) })],
  ["no password", 5, () => ({ password: undefined })],
  ["a malformed token", 5, () => ({ password: "SharedAccessSignature sr=x&sig=" })],
  ["a password that is no text", 5, () => ({ password: Buffer.from([0xff, 0, 0xfe]) })],
  ["no user name", 5, () => ({ username: undefined, password: undefined })],
  ["a user name without a device", 5, () => ({ username: "localhost" })],
  ["a client id that is another's", 5, () => ({ clientId: "d2" })],
  ["a client id in other case", 5, () => ({ clientId: "D1" })],
  ["an empty client id", 5, () => ({ clientId: "", isClean: true })],
  ["an unknown device", 5, () => ({ clientId: "no", username: "localhost/no" })],
  ["an unknown module", 5, () => ({ clientId: "d1/m", username: "localhost/d1/m" })],
  ["an id with forbidden characters", 5, () => ({ clientId: "d 1", username: "localhost/d 1" })],
  [
    "an id that is too long",
    5,
    () => ({ clientId: "d".repeat(129), username: `h/${"d".repeat(129)}` }),
  ],
  [
    "a will on another's topic",
    5,
    () => ({ will: { topic: "devices/d2/messages/events/", payload: "" } }),
  ],
  ["a will on no topic of the hub's", 5, () => ({ will: { topic: "a/b", payload: "" } })],
  [
    "a model id that is too long",
    5,
    () => ({ username: `localhost/d1/?api-version=1&model-id=${"x".repeat(2049)}` }),
  ],
  ["MQTT 3.1", 1, () => ({ protocolName: "MQIsdp", protocolLevel: 3 })],
  ["MQTT 5", 1, () => ({ protocolLevel: 5 })],
];

describe("a client is told that it is not welcome, and nobody else notices", () => {
  test.each(refusals)("with %s: %i", async (_, returnCode, fields) => {
    await using mqtt = await MqttTest.start();
    const other = await mqtt.connected("other");
    const login = await mqtt.device("d1");
    await mqtt.device("d2");
    const client = await mqtt.open();
    client.send(login.connect(fields(login)));
    await expectPackets(client, connack(returnCode));
    await expectEnd(client);
    expect(mqtt.hub.sessions.isConnected({ deviceId: "d1" })).toBe(false);
    expect(mqtt.log.closeReasons).toEqual(["connectRefused"]);
    other.send(publishPacket({ topic: other.login.topic, packetId: 9 }));
    await expectPackets(other, puback(9));
  });

  test("when its device is disabled", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    await mqtt.hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    const client = await mqtt.open();
    client.send(login.connect());
    await expectPackets(client, connack(5));
    await expectEnd(client);
  });

  test("when its certificate is not the registered one", async () => {
    const certificate: ClientCertificate = {
      sha1Thumbprint: "ab".repeat(20),
      sha256Thumbprint: "cd".repeat(32),
      subjectCommonName: "d1",
      notBeforeMs: 0,
      notAfterMs: Date.UTC(2040, 0, 1),
      chainDer: [],
    };
    await using mqtt = await MqttTest.start({ certificate });
    const authentication = { primaryThumbprint: "ef".repeat(20) };
    await mqtt.hub.devices.create({ deviceId: "d1", authentication });
    const login = await mqtt.device("d2");
    const client = await mqtt.open();
    const fields = { clientId: "d1", username: "localhost/d1", password: undefined };
    client.send(login.connect(fields));
    await expectPackets(client, connack(5));
    await expectEnd(client);
  });

  test("when its policy does not let devices connect", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const policy = mqtt.hub.settings.policies.find(({ name }) => name === "service")!;
    const token = sasToken("localhost", policy.primaryKey, mqtt.clock.now() + 60_000);
    const client = await mqtt.open();
    client.send(login.connect({ password: `${token}&skn=service` }));
    await expectPackets(client, connack(5));
    await expectEnd(client);
  });
});

describe("a client that may try again", () => {
  test.each([
    ["its store fails", new Error("disk I/O error"), "error"],
    ["the hub is busy", new HubError("EventLogUnavailable", "The disk is behind"), "warn"],
  ])("is told that the server is unavailable when %s", async (_, failure, level) => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    mqtt.hub.access.authenticate = () => Promise.reject(failure);
    const client = await mqtt.open();
    client.send(login.connect());
    await expectPackets(client, connack(3));
    await expectEnd(client);
    expect(mqtt.log.lines.at(-1)).toMatchObject({ level, fields: { deviceId: "d1" } });
  });
});

test("the log says why, and holds neither token nor key", async () => {
  await using mqtt = await MqttTest.start();
  const login = await mqtt.device("d1");
  const client = await mqtt.open();
  const password = login.token({ key: otherKey });
  client.send(login.connect({ password }));
  await expectPackets(client, connack(5));
  await expectEnd(client);
  expect(mqtt.log.lines).toMatchObject([
    {
      level: "warn",
      message: "connection closed by the server",
      fields: {
        deviceId: "d1",
        reason: "connectRefused",
        returnCode: 5,
        remoteAddress: "127.0.0.1",
      },
    },
  ]);
  const written = JSON.stringify(mqtt.log.lines);
  expect(written).not.toContain("sig=");
  expect(written).not.toContain(login.key);
});

test.each([
  ["device", "x".repeat(60_000)],
  ["module", `d1/${"x".repeat(60_000)}`],
])("the log holds no more of what a strange %s says than an id can have", async (_, clientId) => {
  await using mqtt = await MqttTest.start();
  const login = await mqtt.device("d1");
  const client = await mqtt.open();
  client.send(login.connect({ clientId, username: `localhost/${clientId}` }));
  await expectPackets(client, connack(5));
  await expectEnd(client);
  expect(JSON.stringify(mqtt.log.lines).length).toBeLessThan(1000);
});
