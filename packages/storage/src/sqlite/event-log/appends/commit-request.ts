import type { BuiltRow } from "./row-builder.ts";
import type { Partition } from "../partition.ts";
import type { RowToWrite } from "../writer-thread/writer-calls.ts";

export interface CommitRequest {
  readonly rows: RowToWrite[];
  readonly buffers: ArrayBuffer[];
  /** The partition of each row. */
  readonly partitions: Partition[];
}

/** Takes what the partitions have collected and gives it its positions. */
export function createCommitRequest(partitions: Iterable<Partition>): CommitRequest {
  const request: CommitRequest = { rows: [], buffers: [], partitions: [] };
  for (const partition of partitions) {
    let firstPosition = partition.nextPosition;
    for (const row of partition.builder.take()) {
      addRow(request, partition, row, firstPosition);
      firstPosition += row.count;
    }
  }
  return request;
}

function addRow(
  { rows, buffers, partitions }: CommitRequest,
  partition: Partition,
  { count, firstTimeMs, lastTimeMs, buffer, offset, length }: BuiltRow,
  firstPosition: number,
): void {
  // Rows cut from one large entry follow each other in the same buffer.
  if (buffers.at(-1) !== buffer) buffers.push(buffer);
  rows.push({
    partitionId: partition.id,
    firstPosition,
    count,
    firstTimeMs,
    lastTimeMs,
    bufferIndex: buffers.length - 1,
    offset,
    length,
  });
  partitions.push(partition);
}
