import rhea from "rhea";
import { expect, test } from "vitest";
import { AmqpTest } from "./fixtures/amqp-test.fixture.ts";
import { MemoryStream } from "./fixtures/memory-stream.fixture.ts";
import {
  AMQP_HEADER,
  OPEN,
  SASL_HEADER,
  attach,
  begin,
  bool,
  bytes,
  composite,
  frame,
  nothing,
  symbol,
  uint,
} from "./fixtures/raw-client.fixture.ts";

const CONNECTIONS = 5000;
/** A slow machine tries fewer. */
const BUDGET_MS = 8000;
const CONNECTIONS_BETWEEN_LOOKS = 100;

const PARTITION = "local/ConsumerGroups/$Default/Partitions/0";

/** Mulberry32: small, quick, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
}

function transfer(handle: number, deliveryId: number, payload: Uint8Array, more = false): Buffer {
  const tag = bytes(Buffer.of(deliveryId));
  const fields = [uint(handle), uint(deliveryId), tag, uint(0), bool(false), bool(more)];
  return frame(Buffer.concat([composite(0x14, fields), payload]));
}

function flow(handle: number | undefined, credit: number, drain = false): Buffer {
  const session = [uint(1), uint(2000), uint(0), uint(2000)];
  const link =
    handle === undefined
      ? []
      : [uint(handle), uint(0), uint(credit), nothing, bool(drain), bool(true)];
  return frame(composite(0x13, [...session, ...link]));
}

/** Frames that make sense in this order, most of the time. */
function script(token: string): readonly Buffer[] {
  const putToken = rhea.message.encode({
    message_id: "1",
    reply_to: "r",
    application_properties: { operation: "put-token", name: "n" },
    body: token,
  });
  const read = rhea.message.encode({
    message_id: "2",
    reply_to: "r",
    application_properties: { operation: "READ", type: "com.microsoft:eventhub", name: "local" },
    body: "",
  });
  return [
    attach({ handle: 0, address: "$cbs" }),
    attach({ handle: 1, address: "$cbs", isReceiver: true }),
    flow(1, 10),
    transfer(0, 0, putToken),
    attach({ handle: 2, address: PARTITION, isReceiver: true }),
    flow(2, 50),
    flow(undefined, 0),
    flow(2, 50, true),
    attach({ handle: 3, address: "$management" }),
    attach({ handle: 4, address: "$management", isReceiver: true }),
    flow(4, 10),
    transfer(3, 1, read),
    transfer(3, 2, read.subarray(0, 10), true),
    attach({ handle: 5, address: "/messages/events/$management", isReceiver: true }),
    frame(composite(0x15, [bool(true), uint(0), uint(9), bool(false), nothing])),
    frame(composite(0x16, [uint(2), bool(true)])),
    begin(1),
    attach({ handle: 0, channel: 1, address: "/devices/d/twin" }),
    frame(composite(0x17, []), { channel: 1 }),
    frame(Buffer.alloc(0)),
    frame(composite(0x17, [])),
    frame(composite(0x18, [])),
  ];
}

function connectionBytes(random: () => number, frames: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  if (random() % 8 === 0) {
    parts.push(SASL_HEADER, frame(composite(0x41, [symbol("ANONYMOUS")]), { type: 1 }));
  }
  parts.push(AMQP_HEADER, OPEN, begin());
  for (const next of frames) {
    const choice = random() % 20;
    if (choice === 0) continue;
    if (choice === 1) parts.push(frames[random() % frames.length]!);
    parts.push(next);
  }
  const all = Buffer.concat(parts);
  for (let flips = random() % 4; flips > 0; flips--) all[random() % all.length] = random() & 0xff;
  return all;
}

test("no input makes the head throw, log an error of its own, or keep a connection", async () => {
  await using amqp = await AmqpTest.start();
  await amqp.publish(0, ["one", "two", "three"]);
  const frames = script(amqp.token());
  const startedAtMs = performance.now();
  let connections = 0;
  let answeredBytes = 0;
  while (connections < CONNECTIONS && performance.now() - startedAtMs < BUDGET_MS) {
    const streams: MemoryStream[] = [];
    for (let i = 0; i < CONNECTIONS_BETWEEN_LOOKS; i++) {
      const random = randomOf(connections++);
      const input = connectionBytes(random, frames);
      const stream = new MemoryStream();
      streams.push(stream);
      amqp.head.accept(stream, {
        serverName: undefined,
        certificate: undefined,
        remoteAddress: "memory",
        transport: "tcp",
      });
      for (let at = 0; at < input.length;) {
        const end = at + 1 + (random() % 600);
        stream.push(input.subarray(at, end));
        at = end;
      }
    }
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (const stream of streams) stream.push(null);
    await amqp.clock.advance(10_000);
    for (const stream of streams) {
      answeredBytes += stream.writtenBytes;
      expect(stream.destroyed).toBe(true);
    }
    // The log says what broke; an error would be ours.
    expect(amqp.log.lines.filter(({ level }) => level === "error")).toEqual([]);
    amqp.log.lines.length = 0;
  }
  console.log(`AMQP head: ${connections} connections, ${answeredBytes} bytes answered`);
  // Most get past the handshake: an open, a begin and an attach are less than this.
  expect(answeredBytes / connections).toBeGreaterThan(300);
});
