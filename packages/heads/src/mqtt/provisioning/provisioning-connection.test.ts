import type { ClientCertificate } from "@larimar/domain";
import type { TestProvisioning } from "@larimar/domain/fixtures";
import { paperCertificate, paperText, presented, settle } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { EnrolledDevice } from "../../provisioning-api/enrolled-device.fixture.ts";
import { MqttTest } from "../fixtures/mqtt-test.fixture.ts";
import {
  connack,
  connectPacket,
  DISCONNECT,
  PINGREQ,
  PINGRESP,
  puback,
  publishPacket,
  suback,
  subscribePacket,
  unsuback,
  unsubscribePacket,
} from "../fixtures/packets.fixture.ts";
import type { RawClient } from "../fixtures/raw-client.fixture.ts";
import { expectEnd, expectPackets } from "../fixtures/raw-client.fixture.ts";

const REGISTER = "$dps/registrations/PUT/iotdps-register/?$rid=";
const STATUS = "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=";

interface Answer {
  readonly status: string;
  readonly rid: string;
  readonly retryAfter: string | undefined;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** A device as SDKs behave: subscribed, waiting for each answer. */
class ProvisioningTest implements AsyncDisposable {
  readonly device: EnrolledDevice;
  readonly mqtt: MqttTest;

  private constructor(device: EnrolledDevice, mqtt: MqttTest) {
    this.device = device;
    this.mqtt = mqtt;
  }

  static async start(
    certificate?: ClientCertificate,
    provisioningAnswerMsMin = 0,
  ): Promise<ProvisioningTest> {
    const device = await EnrolledDevice.create();
    const limits = { provisioningAnswerMsMin };
    const options = { provisioning: device.services, limits, ...(certificate && { certificate }) };
    return new ProvisioningTest(device, await MqttTest.start(options));
  }

  get provisioning(): TestProvisioning {
    return this.device.provisioning;
  }

  login(registrationId = "dev-1", password: string | undefined = this.device.token()): Buffer {
    return connectPacket({
      clientId: registrationId,
      username: `${this.device.address(registrationId)}/api-version=2019-03-31&ClientVersion=a%2Fb`,
      ...(password !== "" && { password }),
    });
  }

  async connected(login = this.login()): Promise<RawClient> {
    const client = await this.mqtt.open();
    client.send(login);
    await expectPackets(client, connack(0));
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mqtt[Symbol.asyncDispose]();
    await this.device[Symbol.asyncDispose]();
  }
}

/** The next packet, which has to be an answer with QoS 1. */
async function answerOf(client: RawClient): Promise<Answer> {
  const [first] = await client.take(1);
  expect(first).toBe(0x32);
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const [byte = 0] = await client.take(1);
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const packet = await client.take(length);
  const topicLength = packet.readUInt16BE(0);
  const topic = packet.toString("utf8", 2, 2 + topicLength);
  expect(packet.readUInt16BE(2 + topicLength)).toBeGreaterThan(0);
  const text = packet.toString("utf8", 4 + topicLength);
  const match = /^\$dps\/registrations\/res\/(\d+)\/\?\$rid=([^&]*)(?:&retry-after=(\d+))?$/.exec(
    topic,
  );
  const [, status = "", rid = "", retryAfter] = match ?? [];
  return { status, rid, retryAfter, body: JSON.parse(text) as Answer["body"], text };
}

async function ask(client: RawClient, topic: string, payload = "", packetId = 7): Promise<Answer> {
  client.send(publishPacket({ topic, payload, packetId }));
  await expectPackets(client, puback(packetId));
  return answerOf(client);
}

describe("a device that provisions itself over MQTT", () => {
  test("subscribes, registers and asks until it is assigned", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    client.send(subscribePacket(1, { "$dps/registrations/res/#": 1 }));
    await expectPackets(client, suback(1, 1));
    const begun = await ask(client, `${REGISTER}abc-1`, '{"registrationId":"dev-1"}');
    const operationId = String(begun.body["operationId"]);
    expect(begun).toMatchObject({ status: "202", rid: "abc-1", retryAfter: "3" });
    expect(begun.body).toEqual({ operationId, status: "assigning" });
    await settle();
    const ended = await ask(client, `${STATUS}abc-2&operationId=${operationId}`, " ", 8);
    expect(ended).toMatchObject({
      status: "200",
      rid: "abc-2",
      retryAfter: undefined,
      body: {
        operationId,
        status: "assigned",
        registrationState: { registrationId: "dev-1", assignedHub: "hub1.test", deviceId: "dev-1" },
      },
    });
    client.send(DISCONNECT);
    await expectEnd(client);
  });

  test("is told to go on asking while the work goes on", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    dps.provisioning.hubs.hold();
    const begun = await ask(client, `${REGISTER}1`);
    const answer = await ask(client, `${STATUS}2&operationId=${String(begun.body["operationId"])}`);
    expect(answer).toMatchObject({
      status: "202",
      retryAfter: "3",
      body: { status: "assigning", registrationState: { registrationId: "dev-1" } },
    });
    dps.provisioning.hubs.release();
  });

  test("may use QoS 0, send no body, and acknowledge with 0", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    client.send(publishPacket({ topic: `${REGISTER}65535` }));
    expect(await answerOf(client)).toMatchObject({ status: "202", rid: "65535" });
    client.send(puback(0), PINGREQ);
    await expectPackets(client, PINGRESP);
  });

  test("may send everything at once, without waiting for the server", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.mqtt.open();
    client.send(
      dps.login(),
      subscribePacket(1, { "$dps/registrations/res/#": 1, "other/#": 2 }),
      publishPacket({ topic: `${REGISTER}1`, packetId: 2 }),
      publishPacket({ topic: `${STATUS}2&operationId=x`, packetId: 3 }),
      unsubscribePacket(4, "$dps/registrations/res/#"),
    );
    await expectPackets(client, connack(0), suback(1, 1, 0x80), puback(2), puback(3), unsuback(4));
    expect(await answerOf(client)).toMatchObject({ status: "202", rid: "1" });
    expect(await answerOf(client)).toMatchObject({ status: "404", rid: "2" });
  });

  test("is let in with a wrong key, and told with its registration", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected(dps.login("dev-1", dps.device.token("d3Jvbmc=")));
    expect(await ask(client, `${REGISTER}1`)).toMatchObject({
      status: "401",
      rid: "1",
      body: {
        errorCode: 401_002,
        message: "Unauthorized",
        trackingId: expect.any(String) as string,
      },
    });
  });

  test("with a certificate needs no password", async () => {
    const leaf = paperCertificate({ commonName: "dev-9" });
    await using dps = await ProvisioningTest.start(presented(leaf));
    await dps.provisioning.service.individualEnrollments.put({
      id: "dev-9",
      attestation: {
        type: "x509",
        clientCertificates: { primary: { certificate: paperText(leaf) } },
      },
    });
    const client = await dps.connected(dps.login("dev-9", ""));
    expect(await ask(client, `${REGISTER}1`)).toMatchObject({ status: "202" });
  });

  test("never has a session to come back to", async () => {
    await using dps = await ProvisioningTest.start();
    for (let i = 0; i < 2; i++) {
      const client = await dps.connected();
      client.send(subscribePacket(1, { "$dps/registrations/res/#": 1 }));
      await expectPackets(client, suback(1, 1));
    }
  });

  test("is answered in nothing but ASCII", async () => {
    await using dps = await ProvisioningTest.start();
    await dps.provisioning.service.individualEnrollments.put({
      id: "dev-1",
      attestation: { type: "symmetricKey" },
      allocationPolicy: "custom",
      customAllocation: { webhookUrl: "https://a.test/", apiVersion: "2019-03-31" },
    });
    dps.provisioning.webhook.answer = async () => ({
      kind: "answer",
      answer: {
        iotHubHostName: "hub1.test",
        initialTwin: undefined,
        payload: { greeting: "“naïve” 😀" },
      },
    });
    const client = await dps.connected();
    const begun = await ask(client, `${REGISTER}1`, '{"payload":{"größe":1}}');
    await settle();
    const { body, text } = await ask(
      client,
      `${STATUS}2&operationId=${String(begun.body["operationId"])}`,
    );
    expect(text).toMatch(/^[ -~]*$/);
    expect(body).toMatchObject({ registrationState: { payload: { greeting: "“naïve” 😀" } } });
    expect(dps.provisioning.webhook.requests[0]?.payload).toEqual({ größe: 1 });
  });

  test.each([
    ["another topic", publishPacket({ topic: "devices/dev-1/messages/events/", packetId: 1 })],
    ["QoS 2", publishPacket({ topic: `${REGISTER}1`, packetId: 1, qos: 2 })],
    ["a second CONNECT", connectPacket({ clientId: "dev-1" })],
    ["a packet that is too large", Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f])],
    ["a malformed packet", Buffer.from([0x82, 2, 0, 1])],
  ])("is closed for %s", async (_, packet) => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    client.send(packet);
    await expectEnd(client);
  });

  test("is closed when it asks and asks without waiting", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    dps.provisioning.hubs.hold();
    const packets = Array.from({ length: 9 }, (_, i) =>
      publishPacket({ topic: `${STATUS}${i}&operationId=x` }),
    );
    client.send(...packets);
    await client.ended();
    expect(dps.mqtt.log.lines.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ registrationId: "dev-1", reason: "unexpectedPacket" }),
    );
  });

  test("that proves nothing is closed, however busy it is", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected(dps.login("dev-1", "no token"));
    for (let i = 0; i < 4; i++) {
      client.send(PINGREQ);
      await expectPackets(client, PINGRESP);
      await dps.mqtt.clock.advance(10_000);
    }
    await expectEnd(client);
  });

  test("may be silent for as long as its keep-alive allows, once it has proved itself", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    await ask(client, `${REGISTER}1`);
    await dps.mqtt.clock.advance(80_000);
    client.send(PINGREQ);
    await expectPackets(client, PINGRESP);
    await dps.mqtt.clock.advance(95_000);
    await expectEnd(client);
  });

  test("has its answer no sooner than a slow client begins to wait for it", async () => {
    await using dps = await ProvisioningTest.start(undefined, 200);
    const client = await dps.connected();
    client.send(publishPacket({ topic: `${REGISTER}1`, packetId: 7 }));
    await expectPackets(client, puback(7));
    await dps.mqtt.clock.advance(199);
    // Had the answer left, it would stand before this.
    client.send(PINGREQ);
    await expectPackets(client, PINGRESP);
    await dps.mqtt.clock.advance(1);
    expect(await answerOf(client)).toMatchObject({ status: "202" });
  });

  test("gets the answer it waits for when the server stops", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    client.send(publishPacket({ topic: `${REGISTER}1` }));
    await dps.mqtt.arrived();
    const stopped = dps.mqtt.head[Symbol.asyncDispose]();
    expect(await answerOf(client)).toMatchObject({ status: "202" });
    await expectEnd(client);
    client.end();
    await stopped;
  });
});
