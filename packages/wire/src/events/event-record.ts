/**
 * The layout of an event record. The log keeps these bytes as they are; readers get them with position
 * and time put in front, without any decoding.
 *
 * | at | bytes | what |
 * |---|---|---|
 * | 0 | 4 | uint32: length of the rest |
 * | 4 | 8 | float64: enqueued at, milliseconds since the epoch |
 * | 12 | 2 | uint16: number of fixed annotation pairs |
 * | 14 | 4 | uint32: bytes of the fixed annotations |
 * | 18 | n | the fixed annotations: AMQP map entries |
 * | 18 + n | – | the bare message: properties, application-properties, one Data section |
 *
 * Numbers are big-endian. The first twelve bytes are a contract with the storage of events.
 */
export const RECORD = {
  enqueuedAt: 4,
  pairCountAt: 12,
  annotationBytesAt: 14,
  annotationsAt: 18,
} as const;

/** Where the record at `at` ends and the next one begins. */
export function recordEnd(records: Uint8Array, at: number): number {
  return at + 4 + readUint32(records, at);
}

/** The offsets of all records in a batch, in order. */
export function* iterateRecords(records: Uint8Array): Generator<number, void, undefined> {
  for (let at = 0; at < records.length; at = recordEnd(records, at)) yield at;
}

export function recordEnqueuedAtMs(records: Uint8Array, at: number): number {
  return new DataView(records.buffer, records.byteOffset).getFloat64(at + RECORD.enqueuedAt);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    bytes[at]! * 0x1_00_00_00 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
  );
}

/** Returns where the number ends. A typed array keeps the low eight bits of what it is given. */
export function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}
