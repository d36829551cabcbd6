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
 * All but time and body is often the same as in the record before, and longer than the body. Such a record
 * refers to the other one, from its twelfth byte up to and including the descriptor of the Data section:
 *
 * | at | bytes | what |
 * |---|---|---|
 * | 0 | 4 | uint32: length of the rest, with the highest bit set |
 * | 4 | 8 | float64: enqueued at, milliseconds since the epoch |
 * | 12 | 4 | uint32: so many bytes before this record the other one begins |
 * | 16 | 4 | uint32: so many bytes of it, from its twelfth, are those of this one too |
 * | 20 | – | the value of the Data section |
 *
 * Numbers are big-endian. The first twelve bytes are a contract with the storage of events, which never
 * parts a record from the one it refers to.
 */
export const RECORD = {
  enqueuedAt: 4,
  headAt: 12,
  pairCountAt: 12,
  annotationBytesAt: 14,
  annotationsAt: 18,
  referenceAt: 12,
  sharedBytesAt: 16,
  referringBodyAt: 20,
} as const;

/** Set in the first byte of a record that refers to another one. */
const REFERS = 0x80;

/** The log must be able to cut between records now and then: nobody refers further back than this. */
export const REFERENCE_BYTES_MAX = 65_536;

export function refersBack(records: Uint8Array, at: number): boolean {
  return records[at]! >= REFERS;
}

/** Where the record begins that the one at `at` refers to. */
export function referredRecord(records: Uint8Array, at: number): number {
  return at - readUint32(records, at + RECORD.referenceAt);
}

/** Writes the length of a record that refers to another one; returns where the number ends. */
export function writeReferringLength(target: Uint8Array, at: number, length: number): number {
  const end = writeUint32(target, at, length);
  target[at]! |= REFERS;
  return end;
}

/** Where the record at `at` ends and the next one begins. */
export function recordEnd(records: Uint8Array, at: number): number {
  return (
    at +
    4 +
    (((records[at]! & ~REFERS) << 24) |
      (records[at + 1]! << 16) |
      (records[at + 2]! << 8) |
      records[at + 3]!)
  );
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
