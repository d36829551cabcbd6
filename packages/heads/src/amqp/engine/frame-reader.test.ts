import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AmqpFault } from "./amqp-fault.ts";
import { FrameReader } from "./frame-reader.ts";

const FRAME_BYTES_MAX = 1000;

function frameOf(body: Uint8Array, channel: number): Buffer {
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes[4] = 2;
  bytes.writeUInt16BE(channel, 6);
  bytes.set(body, 8);
  return bytes;
}

function takeAll(reader: FrameReader): { channel: number; body: Buffer }[] {
  const frames = [];
  for (let next = reader.next(FRAME_BYTES_MAX); next; next = reader.next(FRAME_BYTES_MAX)) {
    frames.push({
      channel: next.channel,
      body: Buffer.from(next.bytes.subarray(next.bodyAt, next.end)),
    });
  }
  return frames;
}

describe("frames", () => {
  test("are the same however they are cut into reads", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ body: fc.uint8Array({ maxLength: 80 }), channel: fc.nat(65_535) }), {
          maxLength: 10,
        }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (frames, cuts) => {
          const all = Buffer.concat(frames.map(({ body, channel }) => frameOf(body, channel)));
          const reader = new FrameReader();
          const taken = [];
          for (let at = 0, cut = 0; at < all.length; cut++) {
            const end = at + cuts[cut % cuts.length]!;
            reader.push(Buffer.from(all.subarray(at, end)));
            taken.push(...takeAll(reader));
            at = end;
          }
          expect(taken).toEqual(
            frames.map(({ body, channel }) => ({ body: Buffer.from(body), channel })),
          );
          expect(reader.pendingBytes).toBe(0);
        },
      ),
    );
  });

  test("that are too large are refused before anything of them is kept", () => {
    const reader = new FrameReader();
    reader.push(Buffer.from("7fffffff", "hex"));
    expect(() => reader.next(FRAME_BYTES_MAX)).toThrow(AmqpFault);
  });

  test.each(["0000000702000000", "0000000001000000"])(
    "of impossible size (%s) are refused",
    (hex) => {
      const reader = new FrameReader();
      reader.push(Buffer.from(hex, "hex"));
      expect(() => reader.next(FRAME_BYTES_MAX)).toThrow(AmqpFault);
    },
  );

  test("may have an extended header, which is passed over", () => {
    const reader = new FrameReader();
    reader.push(Buffer.from("0000000e03000000010203044142", "hex"));
    expect(takeAll(reader)).toEqual([{ channel: 0, body: Buffer.from("4142", "hex") }]);
  });
});
