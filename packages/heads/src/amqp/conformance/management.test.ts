import { AmqpReader } from "@larimar/wire";
import type { EventContext, Message } from "rhea";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";

// Protocol reference: service-facing 5.3

const read = (type: string, more: Record<string, unknown> = {}): Message => ({
  message_id: "request-1",
  application_properties: { operation: "READ", type, name: "local", ...more },
  body: rhea.message.data_section(Buffer.from("[]")) as unknown,
});

describe("the management node", () => {
  test.each(["$management", "local/$management", "amqps://localhost:5671/Local/$Management"])(
    "reads the event hub at %s",
    async (address) => {
      await using amqp = await AmqpTest.start({ settings: { createdAtMs: 1_600_000_000_000 } });
      const client = await amqp.authorized();
      const answer = await client.request(address, read("com.microsoft:eventhub"));
      expect(answer).toMatchObject({
        correlation_id: "request-1",
        application_properties: { "status-code": 200, "status-description": "OK" },
        body: {
          name: "local",
          type: "com.microsoft:eventhub",
          created_at: new Date(1_600_000_000_000),
          partition_count: 4,
          partition_ids: ["0", "1", "2", "3"],
          georeplication_factor: 1,
        },
      });
    },
  );

  test("answers requests at the hub's own address on a reply link at the event hub's", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const replies = await client.receive({ source: "$management", target: { address: "r" } });
    const sender = await client.send("/messages/events/$management");
    const answered = new Promise<Message>((resolve) => {
      replies.once("message", (context: EventContext) => resolve(context.message!));
    });
    sender.send({ ...read("com.microsoft:eventhub", { name: "messages/events" }), reply_to: "r" });
    expect((await answered).application_properties?.["status-code"]).toBe(200);
  });

  test("reads a partition with events", async () => {
    await using amqp = await AmqpTest.start();
    await amqp.publish(2, ["a", "b", "c"]);
    const enqueuedAt = new Date(amqp.clock.now());
    const client = await amqp.authorized();
    const request = read("com.microsoft:partition", { partition: "2" });
    const answer = await client.request("$management", request);
    expect(answer.body).toEqual({
      name: "local",
      type: "com.microsoft:partition",
      partition: "2",
      begin_sequence_number: 0,
      last_enqueued_sequence_number: 2,
      last_enqueued_offset: "2",
      last_enqueued_time_utc: enqueuedAt,
      is_partition_empty: false,
    });
  });

  test("reads an empty partition", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const request = read("com.microsoft:partition", { partition: "0" });
    const answer = await client.request("$management", request);
    expect(answer.body).toMatchObject({
      begin_sequence_number: 0,
      last_enqueued_sequence_number: -1,
      last_enqueued_offset: "-1",
      last_enqueued_time_utc: new Date(0),
      is_partition_empty: true,
    });
  });

  test("writes every value in the type that the strictest client casts it to", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const codes = await codesOf(amqp, client, read("com.microsoft:eventhub"));
    expect(codes).toEqual({
      name: "string",
      type: "string",
      created_at: "timestamp",
      partition_count: "int",
      partition_ids: "array",
      georeplication_factor: "int",
    });
    const partition = read("com.microsoft:partition", { partition: "1" });
    expect(await codesOf(amqp, client, partition)).toEqual({
      name: "string",
      type: "string",
      partition: "string",
      begin_sequence_number: "long",
      last_enqueued_sequence_number: "long",
      last_enqueued_offset: "string",
      last_enqueued_time_utc: "timestamp",
      is_partition_empty: "boolean",
    });
  });

  test.each<[string, Message, number, string]>([
    [
      "an unknown partition",
      read("com.microsoft:partition", { partition: "9" }),
      404,
      "amqp:not-found",
    ],
    ["no partition", read("com.microsoft:partition"), 400, "com.microsoft:argument-error"],
    ["another event hub", read("com.microsoft:eventhub", { name: "other" }), 404, "amqp:not-found"],
    ["another type", read("com.microsoft:queue"), 400, "com.microsoft:argument-error"],
    [
      "another operation",
      read("com.microsoft:eventhub", { operation: "DELETE" }),
      400,
      "com.microsoft:argument-error",
    ],
  ])("refuses to read %s", async (_, request, status, condition) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const { application_properties: properties } = await client.request("$management", request);
    expect(properties).toMatchObject({
      "status-code": status,
      "status-description": expect.any(String) as unknown,
      "error-condition": condition,
    });
  });

  test("is closed to those who may not read events", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await expect(client.send("local/$management")).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
    await client.putToken(amqp.token({ policy: "device" }));
    await expect(client.receive({ source: "local/$management" })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  describe("without a token on the connection", () => {
    const ask = async (more: Record<string, unknown>) => {
      await using amqp = await AmqpTest.start();
      const client = await amqp.client();
      const request = read("com.microsoft:eventhub", more);
      return (await client.request("$management", request)).application_properties;
    };

    test("answers requests that bring one of their own", async () => {
      await using amqp = await AmqpTest.start();
      const client = await amqp.client();
      const security_token = amqp.token();
      const request = read("com.microsoft:eventhub", { security_token });
      const answer = await client.request("$management", request);
      expect(answer).toMatchObject({
        application_properties: { "status-code": 200 },
        body: { name: "local", partition_count: 4 },
      });
      const again = read("com.microsoft:eventhub");
      expect((await client.request("$management", again)).application_properties).toMatchObject({
        "status-code": 401,
      });
    });

    test("brings no token that is none, is too long, or is for something else", async () => {
      await using amqp = await AmqpTest.start();
      const others = [1, "no token", "x".repeat(20_000), amqp.token({ policy: "device" })];
      for (const security_token of others) {
        expect(await ask({ security_token })).toMatchObject({
          "status-code": 401,
          "error-condition": "amqp:unauthorized-access",
        });
      }
    });

    test("does not say which event hubs there are", async () => {
      for (const name of ["local", "nowhere"]) {
        expect(await ask({ name })).toMatchObject({ "status-code": 401 });
      }
    });
  });

  test("tells nothing of another hub that the token does not open", async () => {
    await using amqp = await AmqpTest.start({ otherSettings: [{ name: "second" }] });
    const client = await amqp.authorized();
    const request = read("com.microsoft:eventhub", { name: "second" });
    const answer = await client.request("$management", request);
    expect(answer.application_properties?.["status-code"]).toBe(401);
  });

  test("of an event hub that does not exist is not found", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    await expect(client.send("nowhere/$management")).rejects.toMatchObject({
      condition: "amqp:not-found",
    });
  });

  test("detaches a client that asks and asks and does not take the answers", async () => {
    await using amqp = await AmqpTest.start({ limits: { pendingResponsesMax: 3 } });
    const client = await amqp.authorized();
    const session = client.session();
    const replies = await client.receive(
      { source: "$management", target: { address: "r" }, credit_window: 0 },
      session,
    );
    const lost = new Promise((resolve) => replies.once("receiver_error", resolve));
    const sender = await client.send("$management");
    for (let i = 0; i < 3; i++) sender.send({ ...read("com.microsoft:eventhub"), reply_to: "r" });
    await client.request("$management", read("com.microsoft:eventhub"), "other");
    sender.send({ ...read("com.microsoft:eventhub"), reply_to: "r" });
    await lost;
    expect(replies.error).toMatchObject({ condition: "amqp:resource-limit-exceeded" });
  });
});

const NAMES: Readonly<Record<number, string>> = {
  0x41: "boolean",
  0x42: "boolean",
  0x54: "int",
  0x71: "int",
  0x55: "long",
  0x81: "long",
  0x83: "timestamp",
  0xa1: "string",
  0xb1: "string",
  0xf0: "array",
  0xe0: "array",
};

/** The encoded types of an answer's body, by its keys. */
async function codesOf(
  amqp: AmqpTest,
  client: Awaited<ReturnType<AmqpTest["client"]>>,
  request: Message,
): Promise<Record<string, string | undefined>> {
  const session = client.session();
  const replies = await client.receive(
    { source: "$management", target: { address: "t" } },
    session,
  );
  const sender = await client.send("$management");
  const received = new Promise<Buffer>((resolve) => {
    const { decode } = rhea.message;
    rhea.message.decode = (bytes: Buffer) => {
      rhea.message.decode = decode;
      resolve(bytes);
      return decode(bytes);
    };
  });
  sender.send({ ...request, reply_to: "t" });
  const reader = new AmqpReader(await received);
  reader.skipValue(); // properties
  reader.skipValue(); // application properties
  reader.readDescriptor();
  const { count } = reader.openMap();
  const codes: Record<string, string | undefined> = {};
  for (let i = 0; i < count; i += 2) {
    const key = reader.readValue() as string;
    codes[key] = NAMES[reader.peek()];
    reader.skipValue();
  }
  replies.close();
  expect(amqp.log.failures).toEqual([]);
  return codes;
}
