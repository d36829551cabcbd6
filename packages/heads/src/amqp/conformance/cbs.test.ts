import { randomUUID } from "node:crypto";
import { AmqpReader } from "@larimar/wire";
import type { Typed } from "rhea";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import {
  AMQP_HEADER,
  OPEN,
  attach,
  begin,
  bool,
  bytes,
  composite,
  frame,
  uint,
} from "../fixtures/raw-client.fixture.ts";
import { detached } from "../fixtures/rhea-client.fixture.ts";
import { sasToken } from "../fixtures/sas-token.fixture.ts";

// Protocol reference: service-facing 4.2, 5.2; device-facing 4.3

const PARTITION = "local/ConsumerGroups/$Default/Partitions/0";

const statusOf = (answer: { application_properties?: Record<string, unknown> }): unknown =>
  answer.application_properties?.["status-code"];

describe("a put-token", () => {
  test.each<[string, Typed, unknown]>([
    ["a string", rhea.types.wrap_string("x"), "x"],
    ["a ulong of zero", rhea.types.wrap_ulong(0), 0],
    ["a large ulong", rhea.types.wrap_ulong(5_000_000_000), 5_000_000_000],
  ])("with %s for its id is answered with the same", async (_, messageId, expected) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    const answer = await client.putToken(amqp.token(), { messageId });
    expect(answer.correlation_id).toEqual(expected);
    expect(answer.application_properties).toEqual({
      "status-code": 200,
      "status-description": "OK",
    });
  });

  test("with a uuid for its id is answered with a uuid, and the status is an int", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    const id = randomUUID();
    const request = rhea.message.encode({
      message_id: rhea.types.wrap_uuid(rhea.string_to_uuid(id)) as unknown as string,
      application_properties: { operation: "put-token", name: "n" },
      body: amqp.token(),
    });
    client.send(
      AMQP_HEADER,
      OPEN,
      begin(),
      attach({ handle: 0, address: "$cbs" }),
      attach({ handle: 1, address: "$cbs", isReceiver: true }),
      frame(composite(0x13, [uint(1), uint(99), uint(0), uint(99), uint(1), uint(0), uint(9)])),
      frame(
        Buffer.concat([
          composite(0x14, [uint(0), uint(0), bytes(Buffer.of(0)), uint(0), bool(false)]),
          request,
        ]),
      ),
    );
    await client.take(8);
    // The request is settled first: one client gives up when the answer overtakes it.
    const order: string[] = [];
    let answer: Buffer | undefined;
    while (answer === undefined) {
      const heard = await client.frame();
      const reader = new AmqpReader(heard!.body);
      const code = (reader.readValue() as { descriptor: bigint }).descriptor;
      if (code === 0x15n) order.push("disposition");
      if (code !== 0x14n) continue;
      order.push("answer");
      answer = heard!.body.subarray(reader.at);
    }
    expect(order).toEqual(["disposition", "answer"]);
    const decoded = rhea.message.decode(answer);
    expect(decoded.correlation_id).toEqual(rhea.string_to_uuid(id));
    // 0x71 and four bytes, or 0x54 and one: nothing but an int.
    expect(answer.includes(Buffer.from("a10b7374617475732d636f646571000000c8", "hex"))).toBe(true);
  });

  test.each(["utf8", "base64"] as const)(
    "signed with the key read as %s is taken",
    async (keyReading) => {
      await using amqp = await AmqpTest.start();
      const client = await amqp.client();
      expect(statusOf(await client.putToken(amqp.token({ keyReading })))).toBe(200);
      await expect(client.receive({ source: PARTITION })).resolves.toBeDefined();
    },
  );

  test.each<[string, (amqp: AmqpTest) => string]>([
    ["that has expired", (amqp) => amqp.token({ lifetimeMs: -400_000 })],
    ["of a policy without a useful right", (amqp) => amqp.token({ policy: "registryRead" })],
    ["of an unknown policy", (amqp) => amqp.token().replace("skn=service", "skn=nobody")],
    ["with a forged signature", (amqp) => amqp.token().replace(/sig=[^&]{4}/, "sig=AAAA")],
    ["of a bearer", () => "Bearer abc.def.ghi"],
    ["that is no token", () => "hello"],
    [
      "without policy and device",
      (amqp) => sasToken({ resource: "localhost", key: "a2V5", expiresAtMs: amqp.clock.now() + 1 }),
    ],
  ])("%s is answered with 401", async (_, token) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    const answer = await client.putToken(token(amqp));
    expect(statusOf(answer)).toBe(401);
    expect(answer.application_properties?.["status-description"]).toEqual(expect.any(String));
    await expect(client.receive({ source: PARTITION })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  test("for a device that does not exist is answered with 404", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    const token = sasToken({
      resource: "localhost/devices/nobody",
      key: "a2V5",
      expiresAtMs: amqp.clock.now() + 60_000,
    });
    expect(statusOf(await client.putToken(token))).toBe(404);
  });

  test("with the token of a device is taken", async () => {
    await using amqp = await AmqpTest.start();
    const { device } = await amqp.hub.devices.create({ deviceId: "d:1" });
    if (device.authentication.type !== "sas") throw new Error("expected keys");
    const client = await amqp.client();
    const token = sasToken({
      resource: "localhost/devices/d:1",
      key: device.authentication.primaryKey,
      expiresAtMs: amqp.clock.now() + 60_000,
    });
    expect(statusOf(await client.putToken(token))).toBe(200);
    await expect(client.receive({ source: PARTITION })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  test("of a strict server's unknown host is answered with 404", async () => {
    await using amqp = await AmqpTest.start({ isStrict: true });
    const client = await amqp.client({ hostName: "elsewhere.example" });
    const answer = await client.putToken(amqp.token({ resource: "elsewhere.example" }));
    expect(statusOf(answer)).toBe(404);
  });

  test.each([
    ["another operation", { operation: "delete-token" }, "x"],
    ["no operation", {}, "x"],
    ["a body that is no text", { operation: "put-token" }, 5],
    ["a very long body", { operation: "put-token" }, "x".repeat(20_000)],
  ])("with %s is answered with 400", async (_, properties, body) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    const answer = await client.request("$cbs", { application_properties: properties, body });
    expect(statusOf(answer)).toBe(400);
  });

  test("beyond the connection's number of tokens is answered with 403", async () => {
    await using amqp = await AmqpTest.start({ limits: { tokensMax: 2 } });
    const client = await amqp.client();
    const put = (resource: string) => client.putToken(amqp.token({ resource }));
    expect(statusOf(await put("localhost/local/a"))).toBe(200);
    expect(statusOf(await put("localhost/local/b"))).toBe(200);
    expect(statusOf(await put("localhost/local/c"))).toBe(403);
    // The same resource again takes no new place.
    expect(statusOf(await put("localhost/local/a"))).toBe(200);
  });

  test("finds the hub of its key among those that share a host name", async () => {
    await using amqp = await AmqpTest.start({ otherSettings: [{ name: "second" }] });
    const second = amqp.hubs[1]!;
    await amqp.publish(0, ["of the second"], { eventLog: amqp.eventLogs[1]! });
    const client = await amqp.client();
    expect(statusOf(await client.putToken(amqp.token({}, second)))).toBe(200);
    await expect(
      client.receive({ source: PARTITION.replace("local", "second") }),
    ).resolves.toBeDefined();
    await expect(client.receive({ source: PARTITION })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });
});

describe("a token", () => {
  test("opens what it covers and nothing beside", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await client.putToken(amqp.token({ resource: `sb://localhost:5671/${PARTITION}` }));
    await expect(client.receive({ source: PARTITION })).resolves.toBeDefined();
    await expect(client.receive({ source: PARTITION.replace(/0$/, "1") })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  test("for the hub's own events path opens the event hub too", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await client.putToken(amqp.token({ resource: "localhost/messages/events" }));
    await expect(client.receive({ source: PARTITION })).resolves.toBeDefined();
  });

  test("opens an event hub however its name is spelled", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await client.putToken(amqp.token({ resource: "sb://localhost/LOCAL" }));
    await expect(
      client.receive({ source: PARTITION.replace("local", "Local") }),
    ).resolves.toBeDefined();
  });

  test("of a policy that may only connect devices opens no events", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    expect(statusOf(await client.putToken(amqp.token({ policy: "device" })))).toBe(200);
    await expect(client.receive({ source: PARTITION })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  test("keeps its links when it is renewed in time, and detaches them when it is not", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await client.putToken(amqp.token({ lifetimeMs: 60_000 }));
    const receiver = await client.receive({ source: PARTITION });
    const over = detached(receiver);
    await amqp.clock.advance(50_000);
    await client.putToken(amqp.token({ lifetimeMs: 120_000 }));
    await amqp.clock.advance(60_000 + 5 * 60_000 - 50_000);
    expect(receiver.is_open()).toBe(true);
    await amqp.clock.advance(110_000);
    await expect(over).resolves.toMatchObject({ condition: "amqp:unauthorized-access" });
    expect(client.isOver).toBe(false);
  });
});
