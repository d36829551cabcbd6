import { once } from "node:events";
import type { ClientCertificate } from "@larimar/domain";
import type { TestProvisioning } from "@larimar/domain/fixtures";
import {
  openTpmBlob,
  paperCertificate,
  paperText,
  presented,
  settle,
} from "@larimar/domain/fixtures";
import { AmqpReader } from "@larimar/wire";
import type { EventContext, Message, Receiver, Sender } from "rhea";
import rhea from "rhea";
import { describe, expect, test, vi } from "vitest";
import { EnrolledDevice } from "../../provisioning-api/enrolled-device.fixture.ts";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import type { RawClient } from "../fixtures/raw-client.fixture.ts";
import { bytes, composite, frame, SASL_HEADER, symbol } from "../fixtures/raw-client.fixture.ts";
import type { RheaClient } from "../fixtures/rhea-client.fixture.ts";
import { bodyText, take } from "../fixtures/rhea-client.fixture.ts";

const REGISTER = { "iotdps-operation-type": "iotdps-register", "iotdps-forceRegistration": false };

class ProvisioningTest implements AsyncDisposable {
  readonly device: EnrolledDevice;
  readonly amqp: AmqpTest;

  private constructor(device: EnrolledDevice, amqp: AmqpTest) {
    this.device = device;
    this.amqp = amqp;
  }

  static async start(
    certificate?: ClientCertificate,
    provisioningAnswerMsMin = 0,
  ): Promise<ProvisioningTest> {
    const device = await EnrolledDevice.create();
    const limits = { provisioningAnswerMsMin };
    const options = { provisioning: device.services, limits, ...(certificate && { certificate }) };
    return new ProvisioningTest(device, await AmqpTest.start(options));
  }

  get provisioning(): TestProvisioning {
    return this.device.provisioning;
  }

  async connected(options: Parameters<AmqpTest["client"]>[0] = {}): Promise<RheaClient> {
    const plain = { user: this.device.address(), password: this.device.token() };
    return this.amqp.client({ plain, hostName: "dps.test", ...options });
  }

  async attached(client: RheaClient, address = this.device.address()): Promise<Device> {
    const sender = await client.send(address);
    return new Device(sender, await client.receive({ source: address }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.amqp[Symbol.asyncDispose]();
    await this.device[Symbol.asyncDispose]();
  }
}

interface Answer {
  readonly message: Message;
  readonly body: Record<string, unknown>;
}

class Device {
  readonly #sender: Sender;
  readonly #receiver: Receiver;

  constructor(sender: Sender, receiver: Receiver) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /** Waits for the outcome, and for the answer behind it. */
  async ask(properties: object, request: object = {}): Promise<Answer> {
    const outcome = once(this.#sender, "settled");
    const accepted = once(this.#sender, "accepted");
    const body = rhea.message.data_section(Buffer.from("{}")) as unknown;
    this.#sender.send({ body, ...request, application_properties: properties });
    await Promise.all([outcome, accepted]);
    const [message] = await take(this.#receiver, 1);
    if (message === undefined) throw new Error("no answer");
    return { message, body: JSON.parse(bodyText(message)) as Answer["body"] };
  }

  async refusal(properties: object, body = "{}"): Promise<Record<string, unknown>> {
    const rejected = once(this.#sender, "rejected") as Promise<[EventContext]>;
    const section = rhea.message.data_section(Buffer.from(body)) as unknown;
    this.#sender.send({ body: section, application_properties: properties });
    const [{ delivery }] = await rejected;
    const state = delivery?.remote_state as unknown as
      | { error: Record<string, unknown> }
      | undefined;
    if (state === undefined) throw new Error("no delivery");
    return state.error;
  }

  async poll(operationId: unknown): Promise<Answer> {
    return this.ask({
      "iotdps-operation-type": "iotdps-get-operationstatus",
      "iotdps-operation-id": operationId,
    });
  }
}

describe("a device that provisions itself over AMQP", () => {
  test("registers and asks until it is assigned", async () => {
    await using dps = await ProvisioningTest.start();
    const device = await dps.attached(await dps.connected());
    const correlation = rhea.types.wrap_string("c-1");
    const begun = await device.ask(REGISTER, { correlation_id: correlation });
    const { operationId } = begun.body;
    expect(begun.body).toEqual({ operationId, status: "assigning" });
    expect(begun.message.correlation_id).toBe("c-1");
    expect(begun.message.application_properties).toEqual({ "retry-after": 3, "Retry-After": 3 });
    await settle();
    const ended = await device.poll(operationId);
    expect(ended.body).toMatchObject({
      operationId,
      status: "assigned",
      registrationState: { registrationId: "dev-1", assignedHub: "hub1.test", deviceId: "dev-1" },
    });
    expect(ended.message.application_properties).toBeUndefined();
  });

  test("has its answer no sooner than a slow client begins to wait for it", async () => {
    await using dps = await ProvisioningTest.start(undefined, 200);
    const client = await dps.connected();
    const device = await dps.attached(client);
    const timers = vi.spyOn(dps.amqp.clock, "after");
    let isAnswered = false;
    const begun = device.ask(REGISTER).finally(() => (isAnswered = true));
    await expect.poll(() => timers).toHaveBeenCalledWith(200, expect.any(Function));
    await dps.amqp.clock.advance(199);
    // Had the answer left, it would have come before this.
    await client.send(dps.device.address());
    expect(isAnswered).toBe(false);
    await dps.amqp.clock.advance(1);
    expect((await begun).body).toMatchObject({ status: "assigning" });
  });

  test("is told to go on asking while the work goes on", async () => {
    await using dps = await ProvisioningTest.start();
    const device = await dps.attached(await dps.connected());
    dps.provisioning.hubs.hold();
    const { operationId } = (await device.ask(REGISTER)).body;
    const { message, body } = await device.poll(operationId);
    expect(body).toMatchObject({ operationId, status: "assigning" });
    expect(message.application_properties).toMatchObject({ "retry-after": 3 });
    dps.provisioning.hubs.release();
  });

  test.each([
    ["Java", (dps: ProvisioningTest) => `/${dps.device.address()}`],
    ["C", (dps: ProvisioningTest) => `amqps://dps.test/${dps.device.address()}`],
    ["a client that shouts", (dps: ProvisioningTest) => dps.device.address().toUpperCase()],
  ])("may write its address as %s does", async (_, addressOf) => {
    await using dps = await ProvisioningTest.start();
    const device = await dps.attached(await dps.connected(), addressOf(dps));
    expect((await device.ask(REGISTER)).body).toMatchObject({ status: "assigning" });
  });

  test("may look at its registration without an operation", async () => {
    await using dps = await ProvisioningTest.start();
    const device = await dps.attached(await dps.connected());
    await device.ask(REGISTER);
    await settle();
    const { body } = await device.ask({ "iotdps-operation-type": "iotdps-get-registration" });
    expect(body).toMatchObject({ status: "assigned", registrationId: "dev-1" });
  });

  test("has its request rejected with what is wrong as JSON", async () => {
    await using dps = await ProvisioningTest.start();
    const device = await dps.attached(await dps.connected());
    const error = await device.refusal({
      "iotdps-operation-type": "iotdps-get-operationstatus",
      "iotdps-operation-id": "another",
    });
    expect(error).toMatchObject({ condition: "amqp:not-found" });
    expect(JSON.parse(String(error["description"]))).toMatchObject({
      errorCode: 404_202,
      message: "Operation not found",
      trackingId: expect.any(String) as string,
    });
    expect(await device.refusal(REGISTER, "{")).toMatchObject({
      condition: "com.microsoft:argument-error",
    });
    expect(await device.refusal({})).toMatchObject({ condition: "amqp:not-implemented" });
  });

  test("is told that another registration of its id is under way", async () => {
    await using dps = await ProvisioningTest.start();
    const device = await dps.attached(await dps.connected());
    dps.provisioning.hubs.hold();
    await device.ask(REGISTER);
    const conflict = await device.refusal(REGISTER, '{"payload":1}');
    expect(conflict).toMatchObject({ condition: "com.microsoft:precondition-failed" });
    expect(JSON.parse(String(conflict["description"]))).toMatchObject({ errorCode: 409_203 });
    dps.provisioning.hubs.release();
  });

  test("is refused by SASL with a wrong key", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.amqp.raw();
    const response = `\0${dps.device.address()}\0${dps.device.token("d3Jvbmc=")}`;
    client.send(SASL_HEADER, init("PLAIN", Buffer.from(response)));
    await client.take(8);
    expect(await saslFrame(client)).toMatchObject({ code: 0x40 });
    expect(await saslFrame(client)).toEqual({ code: 0x44, value: 1 });
    await client.ended();
  });

  test("cannot use its proof for another device", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.connected();
    await expect(client.send(dps.device.address("dev-2"))).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  test("with a certificate needs no SASL, and is refused at its links without one", async () => {
    const leaf = paperCertificate({ commonName: "dev-9" });
    await using dps = await ProvisioningTest.start(presented(leaf));
    const client = await dps.amqp.client();
    await expect(client.send(dps.device.address("dev-9"))).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
      description: expect.stringContaining('"errorCode":401002') as string,
    });
    await dps.provisioning.service.individualEnrollments.put({
      id: "dev-9",
      attestation: {
        type: "x509",
        clientCertificates: { primary: { certificate: paperText(leaf) } },
      },
    });
    const device = await dps.attached(client, dps.device.address("dev-9"));
    expect((await device.ask(REGISTER)).body).toMatchObject({ status: "assigning" });
  });

  test("without anything is refused at its links", async () => {
    await using dps = await ProvisioningTest.start();
    const client = await dps.amqp.client({ mechanism: "ANONYMOUS" });
    await expect(client.send(dps.device.address())).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });
});

function init(mechanism: string, response: Uint8Array): Buffer {
  return frame(composite(0x41, [symbol(mechanism), bytes(response)]), { type: 1 });
}

async function saslFrame(client: RawClient): Promise<{ code: number; value: unknown }> {
  const heard = await client.frame();
  const described = new AmqpReader(heard?.body ?? new Uint8Array()).readValue();
  const { descriptor, value } = described as unknown as { descriptor: bigint; value: unknown[] };
  return { code: Number(descriptor), value: value[0] };
}

describe("the TPM mechanism", () => {
  const ek = Buffer.from("the endorsement key");
  const srk = Buffer.from("the storage root key");

  async function withTpm(): Promise<ProvisioningTest> {
    const dps = await ProvisioningTest.start();
    await dps.provisioning.service.individualEnrollments.put({
      id: "dev-1",
      attestation: { type: "tpm", endorsementKey: ek.toString("base64") },
    });
    return dps;
  }

  /** Speaks the mechanism up to its outcome, with the key that the blob holds or another. */
  async function speak(
    dps: ProvisioningTest,
    options: { key?: string; ek?: Buffer; registrationId?: string } = {},
  ): Promise<{ outcome: unknown; challenges: Buffer[] }> {
    const client = await dps.amqp.raw();
    const { registrationId = "dev-1" } = options;
    const first = [`\0${dps.device.idScope}\0${registrationId}\0`, options.ek ?? ek];
    client.send(SASL_HEADER, init("TPM", Buffer.concat(first.map((part) => Buffer.from(part)))));
    await client.take(8);
    await saslFrame(client);
    const challenges: Buffer[] = [];
    for (let turn = 0; ; turn++) {
      const { code, value } = await saslFrame(client);
      if (code === 0x44) return { outcome: value, challenges };
      challenges.push(Buffer.from(value as Uint8Array));
      const blob = Buffer.concat(challenges.slice(1).map((part) => part.subarray(1)));
      const token = () =>
        dps.device.token(options.key ?? openTpmBlob(blob.toString("base64")).key, registrationId);
      const responses = [() => srk, () => Buffer.alloc(0), () => Buffer.from(token())];
      const response = Buffer.concat([Buffer.from([0]), responses[turn]?.() ?? Buffer.alloc(0)]);
      client.send(frame(composite(0x43, [bytes(response)]), { type: 1 }));
    }
  }

  test("is offered where devices can provision themselves", async () => {
    await using dps = await withTpm();
    const client = await dps.amqp.raw();
    client.send(SASL_HEADER);
    await client.take(8);
    expect((await saslFrame(client)).value).toContain("TPM");
  });

  test("challenges with exactly three messages and lets in whoever answers them", async () => {
    await using dps = await withTpm();
    const { outcome, challenges } = await speak(dps);
    expect(challenges.map(([control]) => control)).toEqual([0x00, 0x80, 0xc1]);
    expect(challenges[0]).toHaveLength(1);
    expect(outcome).toBe(0);
  });

  test("refuses a wrong answer, another TPM, and a device that nobody enrolled", async () => {
    await using dps = await withTpm();
    expect((await speak(dps, { key: "d3Jvbmc=" })).outcome).toBe(1);
    expect((await speak(dps, { ek: Buffer.from("another") })).outcome).toBe(1);
    expect((await speak(dps, { registrationId: "dev-2" })).outcome).toBe(1);
    expect((await speak(dps)).outcome).toBe(0);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["noise", Buffer.from([0x40, 1, 2])],
    ["no keys", Buffer.from("\0scope\0dev-1")],
  ])("refuses %s", async (_, response) => {
    await using dps = await withTpm();
    const client = await dps.amqp.raw();
    client.send(SASL_HEADER, init("TPM", response));
    await client.take(8);
    await saslFrame(client);
    expect(await saslFrame(client)).toEqual({ code: 0x44, value: 1 });
    await client.ended();
  });
});
