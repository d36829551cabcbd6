import type { ClientCertificate } from "@larimar/domain";
import { AmqpReader } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import type { RawClient } from "../fixtures/raw-client.fixture.ts";
import {
  SASL_HEADER,
  bytes,
  composite,
  frame,
  symbol,
  text,
} from "../fixtures/raw-client.fixture.ts";
import { take } from "../fixtures/rhea-client.fixture.ts";
import { sasToken } from "../fixtures/sas-token.fixture.ts";

// AMQP 1.0 5.3; protocol reference: device-facing 4.1, service-facing 4.1

const PARTITION = "local/ConsumerGroups/$Default/Partitions/0";

const CERTIFICATE: ClientCertificate = {
  sha1Thumbprint: "a",
  sha256Thumbprint: "b",
  subjectCommonName: "d1",
  notBeforeMs: 0,
  notAfterMs: Number.MAX_SAFE_INTEGER,
  chainDer: [],
};

function saslInit(mechanism: string, response = ""): Buffer {
  return frame(composite(0x41, [symbol(mechanism), bytes(Buffer.from(response))]), { type: 1 });
}

async function outcomeOf(client: RawClient, init: Buffer): Promise<number> {
  client.send(SASL_HEADER, init);
  await client.take(8);
  await client.frame(); // mechanisms
  const outcome = await client.frame();
  const value = new AmqpReader(outcome!.body).readValue() as unknown as { value: number[] };
  return value.value[0]!;
}

describe("SASL", () => {
  test.each(["ANONYMOUS", "MSSBCBS"])("%s lets everybody in to put a token", async (mechanism) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client({ mechanism });
    const answer = await client.putToken(amqp.token());
    expect(answer.application_properties?.["status-code"]).toBe(200);
  });

  test("EXTERNAL needs a client certificate", async () => {
    await using without = await AmqpTest.start();
    expect(await outcomeOf(await without.raw(), saslInit("EXTERNAL"))).toBe(1);
    await using withOne = await AmqpTest.start({ certificate: CERTIFICATE });
    expect(await outcomeOf(await withOne.raw(), saslInit("EXTERNAL"))).toBe(0);
  });

  test("PLAIN with a policy's token opens links without a put-token", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(0, ["one"]);
    const plain = {
      user: "service@sas.root.local",
      password: amqp.token({ keyReading: "base64" }),
    };
    const client = await amqp.client({ plain });
    const receiver = await client.receive({ source: PARTITION });
    expect(await take(receiver, 1)).toHaveLength(1);
  });

  test("PLAIN finds the hub by the first label of its host name too", async () => {
    await using amqp = await AmqpTest.start({ settings: { hostNames: ["hub.example"] } });
    const password = amqp.token({ resource: "hub.example", keyReading: "base64" });
    const plain = { user: "service@sas.root.hub", password };
    await expect(amqp.client({ plain, hostName: "hub.example" })).resolves.toBeDefined();
  });

  test("PLAIN closes the connection when its token ends", async () => {
    await using amqp = await AmqpTest.start();
    const password = amqp.token({ lifetimeMs: 60_000 });
    const client = await amqp.client({ plain: { user: "service@sas.root.local", password } });
    await client.receive({ source: PARTITION });
    const closed = new Promise((resolve) => client.connection.on("connection_error", resolve));
    await amqp.clock.advance(60_000 + 5 * 60_000);
    await closed;
    expect(client.connection.error).toMatchObject({ condition: "amqp:unauthorized-access" });
  });

  test("PLAIN takes a device's own token", async () => {
    await using amqp = await AmqpTest.start();
    const { device } = await amqp.hub.devices.create({ deviceId: "d1" });
    const { authentication } = device;
    if (authentication.type !== "sas") throw new Error("expected keys");
    const password = sasToken({
      resource: "localhost/devices/d1",
      key: authentication.primaryKey,
      expiresAtMs: amqp.clock.now() + 60_000,
    });
    const response = (user: string) => saslInit("PLAIN", `\0${user}\0${password}`);
    expect(await outcomeOf(await amqp.raw(), response("d1@sas.local"))).toBe(0);
    expect(await outcomeOf(await amqp.raw(), response("d2@sas.local"))).toBe(1);
  });

  test.each<[string, (amqp: AmqpTest) => string]>([
    ["nothing", () => ""],
    ["too few parts", () => "service@sas.root.local"],
    ["a user name of another form", (amqp) => `\0service\0${amqp.token()}`],
    ["no token", () => "\0service@sas.root.local\0secret"],
    ["another policy's token", (amqp) => `\0iothubowner@sas.root.local\0${amqp.token()}`],
    [
      "a token signed with another key",
      (amqp) =>
        `\0service@sas.root.local\0${sasToken({
          resource: "localhost",
          key: "b3RoZXIga2V5IG9mIDMyIGJ5dGVzIG9yIHNvLi4u",
          policyName: "service",
          expiresAtMs: amqp.clock.now() + 60_000,
        })}`,
    ],
    [
      "an expired token",
      (amqp) => `\0service@sas.root.local\0${amqp.token({ lifetimeMs: -400_000 })}`,
    ],
    [
      "a policy that may neither serve nor connect",
      (amqp) => `\0registryRead@sas.root.local\0${amqp.token({ policy: "registryRead" })}`,
    ],
  ])("PLAIN with %s is refused and the connection closed", async (_, response) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    expect(await outcomeOf(client, saslInit("PLAIN", response(amqp)))).toBe(1);
    await client.ended();
  });

  test("a refused password is in no log line", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    const password = amqp.token({ lifetimeMs: -400_000 });
    await outcomeOf(client, saslInit("PLAIN", `\0service@sas.root.local\0${password}`));
    const signature = /sig=([^&]+)/.exec(password)![1]!;
    expect(amqp.log.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(amqp.log.lines)).not.toContain(signature);
  });

  test("a mechanism that was not offered is refused", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    expect(await outcomeOf(client, saslInit("SCRAM-SHA-256"))).toBe(1);
    await client.ended();
  });

  test.each([
    ["a frame of AMQP", frame(composite(0x10, [text("c")]))],
    ["another frame of SASL", frame(composite(0x43, [bytes(Buffer.from("x"))]), { type: 1 })],
    ["a frame that is too large", Buffer.from("7fffffff02010000", "hex")],
    ["a broken frame", frame(Buffer.from("005341c0ff01", "hex"), { type: 1 })],
  ])("%s instead of an init closes the connection", async (_, instead) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(SASL_HEADER, instead);
    await client.ended();
    expect(amqp.log.failures).toHaveLength(1);
  });
});
