import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, hex, readPackets } from "../fixtures/read-packets.fixture.ts";
import { MqttError } from "../mqtt-error.ts";
import { MqttPacketReader } from "./packet-reader.ts";

/** A PUBLISH of any size, as the reader sees it: a first byte, a length, and that many bytes. */
const packetBytes = fc
  .tuple(fc.constantFrom(0x30, 0x32, 0x3b, 0x10, 0x82, 0xc0), fc.uint8Array({ maxLength: 9000 }))
  .map(([firstByte, body]) => {
    const length =
      body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
    return Uint8Array.from([firstByte, ...length, ...body]);
  });

describe("the packet reader", () => {
  test("finds several packets in one chunk", () => {
    expect(readPackets([hex("c000 40020007 e000")])).toEqual([
      { type: 12, flags: 0, body: [] },
      { type: 4, flags: 0, body: [0, 7] },
      { type: 14, flags: 0, body: [] },
    ]);
  });

  test("finds the same packets however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(packetBytes, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (packets, places) => {
          const stream = Uint8Array.from(Buffer.concat(packets));
          expect(readPackets(cut(stream, places))).toEqual(readPackets([stream]));
          expect(readPackets([stream])).toHaveLength(packets.length);
        },
      ),
    );
  });

  test("finds the same packets in single bytes", () => {
    const stream = hex("c000 3203000161 e000");
    expect(readPackets(cut(stream, [1, 2, 3, 4, 5, 6, 7, 8]))).toEqual(readPackets([stream]));
  });

  test("shares memory with the chunk a packet lies in", () => {
    const chunk = hex("3003000161");
    const reader = new MqttPacketReader(100);
    reader.push(chunk);
    expect(reader.next()).toBe(true);
    expect(reader.bytes).toBe(chunk);
  });

  test("lets go of a chunk when all of it has been read", () => {
    const reader = new MqttPacketReader(100);
    reader.push(hex("3003000161"));
    while (reader.next());
    expect(reader.bytes).toHaveLength(0);
  });

  test("takes another chunk while the last one is not read to its end", () => {
    const reader = new MqttPacketReader(100);
    reader.push(hex("c000e0"));
    reader.push(hex("00d000"));
    const types: number[] = [];
    while (reader.next()) types.push(reader.type);
    expect(types).toEqual([12, 14, 13]);
  });

  test("refuses a packet that is too long as soon as its length is known", () => {
    const reader = new MqttPacketReader(127);
    reader.push(hex("308001"));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: "packetTooLarge" }));
  });

  test("takes a packet of exactly the longest length", () => {
    expect(readPackets([Uint8Array.from([0x30, 127, ...new Uint8Array(127)])], 127)).toHaveLength(
      1,
    );
  });

  test("applies a new limit to the packets that follow", () => {
    const reader = new MqttPacketReader(2);
    reader.push(hex("40020001 3003000161"));
    expect(reader.next()).toBe(true);
    reader.remainingLengthMax = 3;
    expect(reader.next()).toBe(true);
  });

  test("refuses a length of more than four bytes", () => {
    expect(() => readPackets([hex("30ffffffff7f")])).toThrow(MqttError);
  });

  test("takes a length that is written with more bytes than needed", () => {
    expect(readPackets([hex("c0808000")])).toEqual([{ type: 12, flags: 0, body: [] }]);
  });

  test.each(["00", "0f", "f0", "11", "42", "60", "80", "81", "83", "a0", "c1", "e8"])(
    "refuses the reserved first byte %s before anything else has arrived",
    (byte) => {
      expect(() => readPackets([hex(byte)])).toThrow(
        expect.objectContaining({ code: "malformedPacket" }),
      );
    },
  );

  test("keeps memory in proportion to what has arrived, not to what was announced", () => {
    const reader = new MqttPacketReader(400_000);
    const largest = largestArrayMadeBy(() => {
      reader.push(hex("30808018")); // 393216 bytes to come
      reader.next();
    });
    expect(largest).toBeLessThan(10_000);
  });
});

/** The most bytes that any single typed array took while `work` ran. */
function largestArrayMadeBy(work: () => void): number {
  const Original = globalThis.Uint8Array;
  let largest = 0;
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, args: [number], newTarget) {
      const made = Reflect.construct(target, args, newTarget as typeof Original) as Uint8Array;
      largest = Math.max(largest, made.byteLength);
      return made;
    },
  });
  try {
    work();
  } finally {
    globalThis.Uint8Array = Original;
  }
  return largest;
}
