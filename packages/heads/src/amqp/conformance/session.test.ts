import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import type { RawClient } from "../fixtures/raw-client.fixture.ts";
import {
  AMQP_HEADER,
  OPEN,
  attach,
  begin,
  bool,
  bytes,
  composite,
  frame,
  nothing,
  uint,
} from "../fixtures/raw-client.fixture.ts";
import { bodyText, take } from "../fixtures/rhea-client.fixture.ts";

// AMQP 1.0 2.5; protocol reference: device-facing 4.2

const PARTITION = "local/ConsumerGroups/$Default/Partitions/0";
const END = composite(0x17, []);

async function withSessions(amqp: AmqpTest, ...channels: number[]): Promise<RawClient> {
  const client = await amqp.raw();
  client.send(AMQP_HEADER, OPEN, ...channels.map((channel) => begin(channel)));
  await client.take(8);
  await client.next("open");
  for (const _ of channels) await client.next("begin");
  return client;
}

function transfer(handle: number, deliveryId: number): Buffer {
  const id = Buffer.from([deliveryId]);
  return frame(composite(0x14, [uint(handle), uint(deliveryId), bytes(id), uint(0), bool(true)]));
}

describe("a session", () => {
  test("is begun with the constants of the hosted service", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(AMQP_HEADER, OPEN, begin(7));
    await client.take(8);
    expect(await client.next("begin")).toMatchObject({
      remoteChannel: 7,
      nextOutgoingId: 1,
      incomingWindow: 5000,
      outgoingWindow: 4_294_967_295,
      handleMax: 262_143,
    });
  });

  test("that the client ends is ended in return, and its channel can be used again", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSessions(amqp, 0);
    client.send(frame(END), begin(0));
    expect(await client.next("end")).toEqual({ kind: "end", error: undefined });
    expect(await client.next("begin")).toMatchObject({ remoteChannel: 0 });
    expect(amqp.log.failures).toEqual([]);
  });

  test("that the client has ended may be followed by belated frames", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSessions(amqp, 0);
    client.send(attach({ address: "$cbs" }), frame(END));
    client.send(frame(composite(0x16, [uint(0), bool(true)])), begin(0));
    expect(await client.next("end")).toBeDefined();
    expect(await client.next("begin")).toMatchObject({ remoteChannel: 0 });
    expect(amqp.log.failures).toEqual([]);
  });

  test.each<[string, string, Buffer]>([
    [
      "a detach of a handle that is not attached",
      "amqp:session:unattached-handle",
      frame(composite(0x16, [uint(9)])),
    ],
    [
      "a flow for a handle that is not attached",
      "amqp:session:unattached-handle",
      frame(composite(0x13, [nothing, uint(1), uint(0), uint(1), uint(9), uint(0), uint(1)])),
    ],
    [
      "a transfer on a handle that is not attached",
      "amqp:session:unattached-handle",
      transfer(9, 0),
    ],
    [
      "a second attach on a handle",
      "amqp:session:handle-in-use",
      Buffer.concat([attach({ address: "$cbs" }), attach({ address: "$cbs" })]),
    ],
    [
      "a transfer on a link to receive on",
      "amqp:not-allowed",
      Buffer.concat([attach({ address: "$cbs", isReceiver: true }), transfer(0, 0)]),
    ],
  ])("is ended for %s, and the other sessions go on", async (_, condition, sent) => {
    await using amqp = await AmqpTest.start();
    const client = await withSessions(amqp, 0, 1);
    client.send(sent);
    const end = await client.next("end");
    expect(end.error).toMatchObject({ condition });
    // What was under way when the session ended is dropped.
    client.send(sent, frame(END), attach({ channel: 1, address: "$cbs" }));
    expect(await client.next("attach")).toMatchObject({ isReceiver: true });
    expect(amqp.log.failures).toEqual([condition]);
  });

  test("is ended when the client sends more than its window", async () => {
    await using amqp = await AmqpTest.start({ limits: { sessionWindow: 4 } });
    const client = await withSessions(amqp, 0);
    client.send(attach({ address: "$cbs" }));
    await client.next("attach");
    // One delivery in many frames: credit is not what stops it.
    const piece = (more: boolean) =>
      frame(
        composite(0x14, [uint(0), uint(0), bytes(Buffer.of(1)), uint(0), bool(true), bool(more)]),
      );
    client.send(piece(true), piece(true));
    expect(await client.next("flow")).toMatchObject({ handle: 0 });
    expect(await client.next("flow")).toMatchObject({ handle: undefined, incomingWindow: 4 });
    client.send(...Array.from({ length: 20 }, () => piece(true)));
    expect(amqp.log.failures).toEqual([]);
  });

  test("sends no more transfers than the client's window", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const session = client.connection.create_session(4);
    session.begin();
    await amqp.publish(0, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    const receiver = await client.receive({ source: PARTITION, autoaccept: true }, session);
    expect((await take(receiver, 10)).map(bodyText)).toEqual(
      Array.from({ length: 10 }, (_, i) => String(i + 1)),
    );
  });

  test("answers a receiver that wants its outcome settled, for any range and at once", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSessions(amqp, 0);
    const state = [bool(true), uint(0), uint(0xffff_ffff), bool(false)];
    client.send(frame(composite(0x15, state)));
    expect(await client.next("disposition")).toMatchObject({
      isReceiver: false,
      first: 0,
      last: 0xffff_ffff,
      isSettled: true,
    });
    const settled = [bool(true), uint(0), uint(0xffff_ffff), bool(true)];
    client.send(frame(composite(0x15, settled)), frame(END));
    expect(await client.performative()).toMatchObject({ kind: "end" });
  });

  test("tells a client where it stands when asked", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSessions(amqp, 0);
    const echo = [bool(false), bool(true)];
    client.send(
      frame(
        composite(0x13, [
          uint(1),
          uint(9),
          uint(0),
          uint(9),
          nothing,
          nothing,
          nothing,
          nothing,
          ...echo,
        ]),
      ),
    );
    expect(await client.next("flow")).toMatchObject({ incomingWindow: 5000, handle: undefined });
    client.send(attach({ address: "$cbs" }));
    await client.next("flow");
    client.send(
      frame(
        composite(0x13, [
          uint(1),
          uint(9),
          uint(0),
          uint(9),
          uint(0),
          uint(0),
          uint(0),
          nothing,
          ...echo,
        ]),
      ),
    );
    expect(await client.next("flow")).toMatchObject({ handle: 0, linkCredit: 100 });
  });
});
