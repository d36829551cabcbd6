import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { AmqpTest } from "./fixtures/amqp-test.fixture.ts";
import {
  AMQP_HEADER,
  OPEN,
  attach,
  begin,
  composite,
  frame,
  nothing,
  uint,
} from "./fixtures/raw-client.fixture.ts";
import { RheaClient, bodyText, take, waiting } from "./fixtures/rhea-client.fixture.ts";

const PARTITION = "local/ConsumerGroups/$Default/Partitions/0";

const body = (size: number): Buffer => Buffer.alloc(size, "x");

describe("a client that does not read", () => {
  test("costs a bounded amount of memory and holds nobody up", async () => {
    const unwrittenBytesMax = 65_536;
    await using amqp = await AmqpTest.start({ limits: { unwrittenBytesMax } });
    const sockets: { writableLength: number }[] = [];
    const accept = amqp.head.accept.bind(amqp.head);
    amqp.head.accept = (stream, context) => {
      sockets.push(stream);
      accept(stream, context);
    };
    const events = Array.from({ length: 200 }, () => body(50_000));
    await amqp.publish(0, events);

    const stalled = await amqp.authorized();
    const receiver = await stalled.receive({ source: PARTITION, credit_window: 0 });
    receiver.add_credit(100_000);
    await new Promise((resolve) => setImmediate(resolve));
    socketOf(stalled).pause();

    const other = await amqp.authorized();
    const reading = await other.receive({ source: PARTITION });
    expect(await take(reading, 200)).toHaveLength(200);
    const [held = 0] = sockets.map(({ writableLength }) => writableLength);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(unwrittenBytesMax + 2 * 65_536);

    socketOf(stalled).resume();
    const missing = 200 - waiting(receiver);
    expect(await take(receiver, 200)).toHaveLength(200);
    expect(missing).toBeGreaterThan(0);
  });

  test("and asks without end is dropped", async () => {
    await using amqp = await AmqpTest.start({ limits: { abandonedBytesMax: 100_000 } });
    const client = await amqp.raw();
    client.send(AMQP_HEADER, OPEN, begin());
    await client.take(8);
    client.socket.pause();
    const name = "n".repeat(30_000);
    for (let handle = 0; handle < 300; handle++) {
      client.send(attach({ handle, name, address: "$cbs" }));
    }
    await expect.poll(() => amqp.log.failures).toEqual(["amqp:resource-limit-exceeded"]);
  });
});

describe("a client that is broken", () => {
  test("disturbs nobody else", async () => {
    await using amqp = await AmqpTest.start();
    const good = await amqp.authorized();
    const receiver = await good.receive({ source: PARTITION });
    for (const garbage of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.concat([AMQP_HEADER, Buffer.alloc(100, 0xff)]),
      Buffer.concat([AMQP_HEADER, OPEN, begin(), frame(Buffer.from("00531100", "hex"))]),
    ]) {
      const bad = await amqp.raw();
      bad.send(garbage);
      await bad.ended();
    }
    await amqp.publish(0, ["fine"]);
    expect((await take(receiver, 1)).map(bodyText)).toEqual(["fine"]);
    expect(amqp.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ["an array of four billion nulls", Buffer.from("005310f0000000060fffffff40", "hex")],
    ["a list of thirty million values", Buffer.from("005310d0ffffffff01c9c380", "hex")],
    [
      "lists within lists, each said to be huge",
      Buffer.concat([
        Buffer.from("005310", "hex"),
        ...Array.from({ length: 500 }, () => Buffer.from("d0000000ff000000fa", "hex")),
      ]),
    ],
    ["descriptors of descriptors", Buffer.alloc(60_000)],
    ["a map with a key and no value", Buffer.from("005310c0080180c10201a10161", "hex")],
    ["text that is no UTF-8", Buffer.from("005310c00501a102c328", "hex")],
    ["a character outside of Unicode", Buffer.from("005310c0060173ffffffff", "hex")],
    ["a type code that does not exist", Buffer.from("005310c0030101ff", "hex")],
  ])("by %s is told so at once", async (_, open) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(AMQP_HEADER, frame(open));
    await client.take(8);
    const close = await client.next("close");
    expect(close.error?.condition).toBe("amqp:decode-error");
    await client.ended();
  });

  test("by a disposition of four billion deliveries holds nothing up", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.raw();
    const all = composite(0x15, [
      (writer) => writer.boolean(true),
      uint(0),
      uint(0xffff_ffff),
      (writer) => writer.boolean(true),
      nothing,
    ]);
    client.send(AMQP_HEADER, OPEN, begin(), frame(all), frame(composite(0x18, [])));
    await client.take(8);
    await expect(client.next("close")).resolves.toEqual({ kind: "close", error: undefined });
  });
});

describe("links of one connection", () => {
  test("take turns", async () => {
    const limits = { linkTurnBytes: 5000, connectionTurnBytes: 20_000 };
    await using amqp = await AmqpTest.start({ limits });
    const client = await amqp.authorized();
    const session = client.session();
    const events = Array.from({ length: 1000 }, () => body(1000));
    for (const partition of [0, 1]) await amqp.publish(partition, events);
    const order: number[] = [];
    const receivers = [];
    for (const partition of [0, 1]) {
      const source = PARTITION.replace(/0$/, String(partition));
      const receiver = await client.receive({ source, credit_window: 0 }, session);
      receiver.on("message", () => order.push(partition));
      receivers.push(receiver);
    }
    for (const receiver of receivers) receiver.add_credit(1000);
    for (const receiver of receivers) await take(receiver, 1000);
    // Neither has to wait until the other is done.
    expect(order.indexOf(1)).toBeLessThan(500);
    expect(order.lastIndexOf(0)).toBeGreaterThan(1500);
  });

  test("go on when one of them is detached while it sends", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const session = client.session();
    await amqp.publish(
      0,
      Array.from({ length: 500 }, () => body(1000)),
    );
    const one = await client.receive({ source: PARTITION }, session);
    const other = await client.receive({ source: PARTITION }, session);
    await take(one, 1);
    one.close();
    expect(await take(other, 500)).toHaveLength(500);
    expect(amqp.log.failures).toEqual([]);
  });

  test("are forgotten with their session", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    for (let i = 0; i < 20; i++) {
      const session = client.session();
      // Five readers at most: the ones before have to be gone.
      await client.receive({ source: PARTITION }, session);
      session.close();
      await once(session, "session_close");
    }
    expect(amqp.log.failures).toEqual([]);
  });
});

describe("a head that is disposed of", () => {
  test("closes its connections with a condition after which every client comes back", async () => {
    const amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    await client.receive({ source: PARTITION });
    const closed = once(client.connection, "connection_error");
    const disposed = amqp.head[Symbol.asyncDispose]();
    await closed;
    expect(client.connection.error).toMatchObject({ condition: "amqp:internal-error" });
    await disposed;
    await amqp[Symbol.asyncDispose]();
  });

  test("does not wait for ever for a client that does not follow", async () => {
    const amqp = await AmqpTest.start();
    const client = await amqp.raw();
    client.send(AMQP_HEADER, OPEN);
    await client.take(8);
    client.socket.allowHalfOpen = true;
    const disposed = amqp.head[Symbol.asyncDispose]();
    await client.next("close");
    await amqp.clock.advance(10_000);
    await expect(disposed).resolves.toBeUndefined();
    await amqp[Symbol.asyncDispose]();
  });

  test("takes no new connections", async () => {
    const amqp = await AmqpTest.start();
    await amqp.head[Symbol.asyncDispose]();
    const late = RheaClient.connect(amqp.port);
    await once(late.connection, "disconnected");
    expect(late.connection.is_open()).toBe(false);
    late[Symbol.dispose]();
    await amqp[Symbol.asyncDispose]();
  });
});

function socketOf(client: RheaClient): { pause(): void; resume(): void } {
  return (client.connection as unknown as { socket: { pause(): void; resume(): void } }).socket;
}
