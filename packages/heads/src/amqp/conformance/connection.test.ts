import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import {
  AMQP_HEADER,
  OPEN,
  begin,
  composite,
  frame,
  nothing,
  text,
  uint,
} from "../fixtures/raw-client.fixture.ts";
import type { RawClient } from "../fixtures/raw-client.fixture.ts";
import { bodyText, take } from "../fixtures/rhea-client.fixture.ts";

// AMQP 1.0 2.3, 2.4, 2.7.1; protocol reference: device-facing 4.2, 9

async function opened(amqp: AmqpTest, open: Buffer = OPEN): Promise<RawClient> {
  const client = await amqp.raw();
  client.send(AMQP_HEADER, open);
  await client.take(8);
  return client;
}

function openWith(fields: { frameBytesMax?: number; idleTimeoutMs?: number }): Buffer {
  const { frameBytesMax, idleTimeoutMs } = fields;
  const optional = (value: number | undefined) => (value === undefined ? nothing : uint(value));
  return frame(
    composite(0x10, [
      text("raw"),
      text("localhost"),
      optional(frameBytesMax),
      nothing,
      optional(idleTimeoutMs),
    ]),
  );
}

describe("an AMQP connection", () => {
  test("is opened with the constants of the hosted service", async () => {
    await using amqp = await AmqpTest.start();
    const client = await opened(amqp);
    expect(await client.next("open")).toMatchObject({
      containerId: expect.stringMatching(/^DeviceGateway_[0-9a-f]{32}$/) as unknown,
      frameBytesMax: 65_536,
      channelMax: 8191,
      idleTimeoutMs: 240_000,
    });
  });

  test("that is closed by the client is closed in return", async () => {
    await using amqp = await AmqpTest.start();
    const client = await opened(amqp);
    client.send(frame(composite(0x18, [])));
    expect(await client.next("close")).toEqual({ kind: "close", error: undefined });
    await client.ended();
    expect(amqp.log.failures).toEqual([]);
  });

  test.each<[string, string, Buffer]>([
    ["a begin before open", "amqp:not-allowed", begin()],
    ["a second open", "amqp:illegal-state", Buffer.concat([OPEN, OPEN])],
    ["a begin on a channel in use", "amqp:illegal-state", Buffer.concat([OPEN, begin(), begin()])],
    [
      "a channel above the highest",
      "amqp:connection:framing-error",
      Buffer.concat([OPEN, begin(8192)]),
    ],
    [
      "a begin that answers one of ours",
      "amqp:not-allowed",
      Buffer.concat([OPEN, frame(composite(0x11, [uint(0), uint(0), uint(1), uint(1)]))]),
    ],
    [
      "a frame on a channel without a session",
      "amqp:illegal-state",
      Buffer.concat([OPEN, frame(composite(0x17, []), { channel: 3 })]),
    ],
    [
      "a frame that is too large",
      "amqp:connection:framing-error",
      Buffer.concat([OPEN, Buffer.from("0001000102000000", "hex")]),
    ],
    [
      "a frame that is shorter than its header",
      "amqp:connection:framing-error",
      Buffer.concat([OPEN, Buffer.from("0000000702000000", "hex")]),
    ],
    [
      "a data offset inside the header",
      "amqp:connection:framing-error",
      Buffer.concat([OPEN, frame(composite(0x17, []), { dataOffset: 1 })]),
    ],
    [
      "a data offset behind the end",
      "amqp:connection:framing-error",
      Buffer.concat([OPEN, frame(composite(0x17, []), { dataOffset: 200 })]),
    ],
    [
      "a frame of SASL",
      "amqp:connection:framing-error",
      Buffer.concat([OPEN, frame(composite(0x41, []), { type: 1 })]),
    ],
    [
      "a performative that does not exist",
      "amqp:decode-error",
      Buffer.concat([OPEN, frame(composite(0x19, []))]),
    ],
    [
      "a body that is no performative",
      "amqp:decode-error",
      Buffer.concat([OPEN, frame(Buffer.from("a103666f6f", "hex"))]),
    ],
    ["an open without its mandatory field", "amqp:decode-error", frame(composite(0x10, []))],
    [
      "an open with a field of another type",
      "amqp:decode-error",
      frame(composite(0x10, [uint(5)])),
    ],
    ["frames that are too small", "amqp:invalid-field", openWith({ frameBytesMax: 511 })],
    ["a very short idle time-out", "amqp:invalid-field", openWith({ idleTimeoutMs: 10 })],
  ])("is closed for %s", async (_, condition, sent) => {
    await using amqp = await AmqpTest.start();
    const client = await opened(amqp, sent);
    const close = await client.next("close");
    expect(close.error).toMatchObject({ condition, description: expect.any(String) as unknown });
    await client.ended();
    expect(amqp.log.failures).toEqual([condition]);
  });

  test("lives on heartbeats, which are sent at half the time the client asks for", async () => {
    await using amqp = await AmqpTest.start();
    const client = await opened(amqp, openWith({ idleTimeoutMs: 20_000 }));
    await client.next("open");
    for (let i = 0; i < 3; i++) {
      await amqp.clock.advance(10_000);
      expect(await client.frame()).toMatchObject({ type: 0, channel: 0, body: Buffer.alloc(0) });
    }
  });

  test("is given up after twice the time-out that was announced", async () => {
    await using amqp = await AmqpTest.start();
    const client = await opened(amqp);
    await client.next("open");
    await amqp.clock.advance(300_000);
    client.send(frame(Buffer.alloc(0)), begin());
    await client.next("begin");
    await amqp.clock.advance(479_000);
    expect(amqp.log.failures).toEqual([]);
    await amqp.clock.advance(61_000);
    const close = await client.next("close");
    expect(close.error?.condition).toBe("amqp:resource-limit-exceeded");
  });

  test.each<[string, Buffer]>([
    ["silent", Buffer.alloc(0)],
    ["slow to say hello", Buffer.from("AMQ")],
    ["slow to open", AMQP_HEADER],
  ])("is closed when the client is %s", async (_, sent) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(sent);
    await amqp.clock.advance(30_000);
    await client.ended();
    expect(amqp.log.failures).toEqual(["amqp:resource-limit-exceeded"]);
  });

  test("that is gone without a word is forgotten", async () => {
    await using amqp = await AmqpTest.start();
    const client = await opened(amqp);
    await client.next("open");
    client[Symbol.dispose]();
    await expect
      .poll(() => amqp.log.lines.some(({ message }) => message === "connection closed"))
      .toBe(true);
    expect(amqp.log.failures).toEqual([]);
  });

  test("may ask for small frames, and large messages come in many", async () => {
    await using amqp = await AmqpTest.start();
    const body = "0123456789".repeat(2000);
    await amqp.publish(0, [body, "next"]);
    const client = await amqp.authorized({ connection: { max_frame_size: 512 } });
    const receiver = await client.receive({
      source: "local/ConsumerGroups/$Default/Partitions/0",
    });
    expect((await take(receiver, 2)).map(bodyText)).toEqual([body, "next"]);
  });
});
