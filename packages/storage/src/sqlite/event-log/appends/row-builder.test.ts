import { expect, test } from "vitest";
import { BufferPool } from "./buffer-pool.ts";
import { RowBuilder } from "./row-builder.ts";

const RECORD_BYTES = 20;
const ROW_BYTES_MAX = 100;

test("an entry larger than a row is cut where a record needs none before it", () => {
  const builder = new RowBuilder(new BufferPool(0), ROW_BYTES_MAX);
  // Of five records each, the last four refer to the first.
  const refersBack = Array.from({ length: 20 }, (_, index) => index % 5 !== 0);
  builder.add(
    { partition: 0, count: 20, bytes: 20 * RECORD_BYTES, write: writeAll(refersBack) },
    1,
  );
  expect(builder.take().map(({ count }) => count)).toEqual([5, 5, 5, 5]);
});

test("a row grows beyond its limit until a record comes that needs none before it", () => {
  const builder = new RowBuilder(new BufferPool(0), ROW_BYTES_MAX);
  const refersBack = Array.from({ length: 20 }, (_, index) => index !== 0 && index !== 12);
  builder.add(
    { partition: 0, count: 20, bytes: 20 * RECORD_BYTES, write: writeAll(refersBack) },
    1,
  );
  const rows = builder.take();
  expect(rows.map(({ count }) => count)).toEqual([12, 8]);
  expect(rows.map(({ offset, length }) => [offset, length])).toEqual([
    [0, 12 * RECORD_BYTES],
    [12 * RECORD_BYTES, 8 * RECORD_BYTES],
  ]);
});

function writeAll(refersBack: readonly boolean[]) {
  return (target: Uint8Array, at: number, timeMs: number) => {
    const view = new DataView(target.buffer);
    refersBack.forEach((refers, index) => {
      const from = at + index * RECORD_BYTES;
      view.setUint32(from, RECORD_BYTES - 4);
      if (refers) target[from] = 0x80;
      view.setFloat64(from + 4, timeMs);
    });
  };
}
