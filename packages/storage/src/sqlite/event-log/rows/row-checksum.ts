import { crc32 } from "node:zlib";

export interface RowNumbers {
  readonly partitionId: number;
  readonly firstPosition: number;
  readonly count: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
}

/** Covers the numbers as well as the bytes: a record under the wrong position is damage too. */
export function rowChecksum(row: RowNumbers, bytes: Uint8Array): number {
  const numbers = new Float64Array([
    row.partitionId,
    row.firstPosition,
    row.count,
    row.firstTimeMs,
    row.lastTimeMs,
  ]);
  return crc32(bytes, crc32(new Uint8Array(numbers.buffer)));
}
