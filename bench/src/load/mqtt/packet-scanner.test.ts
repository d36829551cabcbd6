import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketScanner } from "./packet-scanner.ts";

interface Seen {
  pubacks: number[];
  others: string[];
}

function scan(chunks: readonly Uint8Array[]): Seen {
  const seen: Seen = { pubacks: [], others: [] };
  const scanner = new PacketScanner({
    onPuback: (packetId) => seen.pubacks.push(packetId),
    onOther: (firstByte, body) =>
      seen.others.push(`${firstByte}:${Buffer.from(body).toString("hex")}`),
  });
  for (const chunk of chunks) {
    const reused = Uint8Array.from(chunk);
    scanner.push(reused);
    reused.fill(0xff); // the reader's buffer is overwritten by the next read
  }
  return seen;
}

test("packets are found however the stream is cut into reads", () => {
  const longBody = Buffer.alloc(300, 7);
  const stream = Buffer.concat([
    Buffer.from([0x20, 2, 0, 0, 0x40, 2, 0, 1, 0x40, 2, 0x12, 0x34, 0x90, 3, 0, 1, 0]),
    Buffer.from([0x30, 0xac, 0x02]),
    longBody,
    Buffer.from([0x40, 2, 0xff, 0xff, 0xd0, 0]),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end));
      const seen = scan(chunks);
      expect(seen.pubacks).toEqual([1, 0x1234, 0xffff]);
      expect(seen.others).toEqual([
        "32:0000",
        "144:000100",
        `48:${longBody.toString("hex")}`,
        "208:",
      ]);
    }),
  );
});

test("a length that never ends or is absurd is an error, not a buffer that grows", () => {
  expect(() => scan([Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 1])])).toThrow(/never ends/);
  expect(() => scan([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])])).toThrow(/packet of/);
});
