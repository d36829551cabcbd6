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
  raw,
  text,
  uint,
} from "../fixtures/raw-client.fixture.ts";
import { detached } from "../fixtures/rhea-client.fixture.ts";

// AMQP 1.0 2.6; protocol reference: device-facing 4.2, 4.4

const DETACH = frame(composite(0x16, [uint(0), bool(true)]));

async function withSession(amqp: AmqpTest): Promise<RawClient> {
  const client = await amqp.raw();
  client.send(AMQP_HEADER, OPEN, begin());
  await client.take(8);
  await client.next("begin");
  return client;
}

function transfer(deliveryId: number, payload: Uint8Array, more = false, aborted = false): Buffer {
  const performative = composite(0x14, [
    uint(0),
    uint(deliveryId),
    bytes(Buffer.from([deliveryId])),
    uint(0),
    bool(false),
    bool(more),
    nothing,
    nothing,
    nothing,
    bool(aborted),
  ]);
  return frame(Buffer.concat([performative, payload]));
}

describe("a link", () => {
  test("is answered on the client's terms, with the largest message and credit at once", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    client.send(attach({ name: "a name", address: "$cbs" }));
    expect(await client.next("attach")).toMatchObject({
      name: "a name",
      isReceiver: true,
      target: { address: "$cbs" },
      messageBytesMax: 1_048_576n,
    });
    expect(await client.next("flow")).toMatchObject({ linkCredit: 100, deliveryCount: 0 });
  });

  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
  ] as const)("keeps the settle modes %d and %d", async (snd_settle_mode, rcv_settle_mode) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    const receiver = await client.receive({
      source: "$cbs",
      target: { address: "reply" },
      snd_settle_mode,
      rcv_settle_mode,
    });
    expect(receiver).toMatchObject({
      snd_settle_mode,
      rcv_settle_mode,
      max_message_size: 1_048_576,
      target: { address: "reply" },
    });
  });

  test("that is refused is attached without source and target, then detached for good", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    client.send(attach({ address: "nowhere/to/be/found" }));
    expect(await client.next("attach")).toMatchObject({ source: undefined, target: undefined });
    expect(await client.next("detach")).toMatchObject({
      isClosed: true,
      error: {
        condition: "amqp:not-found",
        description: expect.stringMatching(
          /The messaging entity '.*' could not be found/,
        ) as unknown,
      },
    });
  });

  test("that the client detaches is detached in return and can be attached again", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    client.send(attach({ address: "$cbs" }), DETACH, attach({ address: "$cbs" }), DETACH);
    for (const expected of ["attach", "flow", "detach", "attach", "flow", "detach"]) {
      expect(await client.performative()).toMatchObject({ kind: expected });
    }
    expect(amqp.log.failures).toEqual([]);
  });

  test("shares its name with others without harm", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    client.send(
      attach({ handle: 0, name: "same", address: "$cbs" }),
      attach({ handle: 1, name: "same", address: "$cbs" }),
      attach({ handle: 2, name: "same", address: "$cbs", isReceiver: true }),
    );
    const handles = [];
    for (let i = 0; i < 3; i++) handles.push((await client.next("attach")).handle);
    expect(new Set(handles).size).toBe(3);
  });

  test("without an address, or with one to be made up, is refused", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    const dynamic = composite(0x28, [nothing, nothing, nothing, nothing, bool(true)]);
    const coordinator = composite(0x30, []);
    client.send(
      frame(composite(0x12, [text("a"), uint(0), bool(true), nothing, nothing, raw(dynamic)])),
      frame(
        composite(0x12, [
          text("b"),
          uint(1),
          bool(false),
          nothing,
          nothing,
          nothing,
          raw(coordinator),
        ]),
      ),
    );
    for (let i = 0; i < 2; i++) {
      const { error } = await client.next("detach");
      expect(error?.condition).toBe("amqp:not-implemented");
    }
  });

  test("that would be one too many is refused", async () => {
    await using amqp = await AmqpTest.start({ limits: { linksMax: 2 } });
    const client = await withSession(amqp);
    client.send(...[0, 1, 2].map((handle) => attach({ handle, address: "$cbs" })));
    expect(await client.next("detach")).toMatchObject({
      error: { condition: "amqp:resource-limit-exceeded" },
    });
    client.send(DETACH, frame(composite(0x16, [uint(2), bool(true)])));
    await client.next("detach");
    client.send(attach({ handle: 5, address: "$cbs" }));
    expect(await client.next("attach")).toMatchObject({ target: { address: "$cbs" } });
  });

  test("is detached for a message that is larger than announced", async () => {
    await using amqp = await AmqpTest.start({ limits: { messageBytesMax: 1000 } });
    const client = await withSession(amqp);
    client.send(attach({ address: "$cbs" }));
    await client.next("attach");
    client.send(transfer(0, Buffer.alloc(600), true), transfer(0, Buffer.alloc(600), true));
    expect(await client.next("detach")).toMatchObject({
      error: { condition: "amqp:link:message-size-exceeded" },
    });
    // What was under way is dropped, and the session goes on.
    client.send(transfer(0, Buffer.alloc(600)), DETACH, attach({ address: "$cbs" }));
    expect(await client.next("attach")).toMatchObject({ target: { address: "$cbs" } });
  });

  test("is detached for a transfer without credit", async () => {
    await using amqp = await AmqpTest.start({
      limits: { linkCredit: 2, pendingResponsesMax: 1000 },
    });
    const client = await withSession(amqp);
    client.send(attach({ address: "$cbs" }));
    await client.next("flow");
    const body = Buffer.from("005377a10378797a", "hex");
    // Three deliveries that are aborted would have their credit renewed; these are begun and not ended.
    client.send(transfer(0, body, true));
    client.send(frame(composite(0x14, [uint(0), uint(5), bytes(Buffer.of(5))])));
    expect(await client.next("detach")).toMatchObject({ error: { condition: "amqp:not-allowed" } });
  });

  test.each([
    ["broken", Buffer.from("0053", "hex")],
    ["made of unknown sections", Buffer.from("00535040", "hex")],
    ["made of an endless array", Buffer.from("005377f0000000060fffffff40", "hex")],
  ])("is detached for a message that is %s", async (_, payload) => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    client.send(attach({ address: "$cbs" }));
    await client.next("attach");
    client.send(transfer(0, payload));
    expect(await client.next("detach")).toMatchObject({
      error: { condition: "amqp:decode-error" },
    });
  });

  test("takes messages in pieces and forgets those that are aborted", async () => {
    await using amqp = await AmqpTest.start();
    const client = await withSession(amqp);
    client.send(attach({ address: "$cbs" }));
    await client.next("flow");
    const body = Buffer.from("005377a10378797a", "hex");
    client.send(transfer(0, body, true), transfer(0, Buffer.alloc(0), false, true));
    client.send(transfer(1, body.subarray(0, 3), true), transfer(1, body.subarray(3)));
    expect(await client.next("disposition")).toMatchObject({ first: 1, last: 1, isSettled: true });
  });

  test("to a place nobody may send to is refused as unauthorized", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    for (const address of ["local", "local/Partitions/0", "/messages/events"]) {
      await expect(client.send(address)).rejects.toMatchObject({
        condition: "amqp:unauthorized-access",
      });
    }
  });

  test("gives its credit back when the client drains it", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const receiver = await client.receive({
      source: "local/ConsumerGroups/$Default/Partitions/0",
      credit_window: 0,
    });
    await amqp.publish(0, ["one"]);
    receiver.add_credit(10);
    const drained = new Promise((resolve) => receiver.once("receiver_drained", resolve));
    receiver.drain_credit();
    await drained;
    expect((receiver as unknown as { credit: number }).credit).toBe(0);
  });

  test("is detached when the token it was opened with ends", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await client.putToken(amqp.token({ lifetimeMs: 60_000 }));
    const receiver = await client.receive({ source: "local/ConsumerGroups/$Default/Partitions/0" });
    const over = detached(receiver);
    await amqp.clock.advance(60_000 + 5 * 60_000);
    await expect(over).resolves.toMatchObject({ condition: "amqp:unauthorized-access" });
  });
});
