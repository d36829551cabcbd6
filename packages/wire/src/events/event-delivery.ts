import { AmqpWriter } from "../amqp/values/amqp-writer.ts";
import {
  RECORD,
  readUint32,
  recordEnd,
  referredRecord,
  refersBack,
  writeUint32,
} from "./event-record.ts";

// Event records become message payloads: position and time are put in front of what was encoded when the
// event came in. (layout: event-record.ts; protocol reference: service-facing 5.6)

const TWO_TO_THE_32 = 4_294_967_296;

/** The message-annotations map up to the offset's text, with gaps for what differs between events. */
const template = createTemplate();

/** The number of bytes `writeDelivery` will write. */
export function measureDelivery(records: Uint8Array, at: number, position: number): number {
  const own = recordEnd(records, at) - at;
  const copied = refersBack(records, at)
    ? own - RECORD.referringBodyAt + sharedBytes(records, at)
    : own - RECORD.annotationsAt;
  return template.bytes.length + 1 + digitsOf(position) + copied;
}

/**
 * Writes the message that the record at `at` holds to `target` from `to`; returns where it ends. The
 * target must have room for `measureDelivery` bytes.
 */
export function writeDelivery(
  records: Uint8Array,
  at: number,
  position: number,
  target: Uint8Array,
  to: number,
): number {
  const isReferring = refersBack(records, at);
  /** The record that holds what does not differ between events of the same kind. */
  const source = isReferring ? referredRecord(records, at) : at;
  const annotationBytes = readUint32(records, source + RECORD.annotationBytesAt);
  const annotationsAt = source + RECORD.annotationsAt;
  const end = recordEnd(records, at);
  const digits = digitsOf(position);

  target.set(template.bytes, to);
  writeInt64(target, to + template.positionAt, position);
  copyTime(
    records,
    at + RECORD.enqueuedAt,
    target,
    to + template.enqueuedAt,
    to + template.hubEnqueuedAt,
  );
  let next = to + template.bytes.length;
  target[next++] = digits;
  for (let i = digits - 1, rest = position; i >= 0; i--) {
    const tens = Math.floor(rest / 10);
    target[next + i] = 0x30 + (rest - tens * 10);
    rest = tens;
  }
  next += digits;
  const pairs = template.pairs + readPairCount(records, source);
  writeUint32(target, to + template.sizeAt, next + annotationBytes - to - template.sizeAt - 4);
  writeUint32(target, to + template.sizeAt + 4, pairs * 2);
  // Annotations and sections follow each other in the record as they do in the message.
  if (!isReferring) {
    target.set(records.subarray(annotationsAt, end), next);
    return next + end - annotationsAt;
  }
  const shared = sharedBytes(records, at);
  target.set(records.subarray(annotationsAt, annotationsAt + shared), next);
  const bodyAt = at + RECORD.referringBodyAt;
  target.set(records.subarray(bodyAt, end), next + shared);
  return next + shared + end - bodyAt;
}

/** How much of the other record a reader is sent: not the counts in front of its annotations. */
function sharedBytes(records: Uint8Array, at: number): number {
  return readUint32(records, at + RECORD.sharedBytesAt) - (RECORD.annotationsAt - RECORD.headAt);
}

/** What a reader that asked for runtime metrics is told with every event. (service-facing 5.7) */
export interface RuntimeMetric {
  readonly lastPosition: number;
  readonly lastEnqueuedAtMs: number;
  readonly retrievedAtMs: number;
}

/** The delivery-annotations section, to be sent before the message itself. */
export function encodeRuntimeMetric(metric: RuntimeMetric): Uint8Array {
  const writer = new AmqpWriter();
  writer.described(0x71);
  const mark = writer.beginMap();
  writer.symbol("last_enqueued_sequence_number");
  writer.long(metric.lastPosition);
  writer.symbol("last_enqueued_offset");
  writer.string(String(metric.lastPosition));
  writer.symbol("last_enqueued_time_utc");
  writer.timestamp(metric.lastEnqueuedAtMs);
  writer.symbol("runtime_info_retrieval_time_utc");
  writer.timestamp(metric.retrievedAtMs);
  writer.end(mark, 8);
  return writer.written.slice();
}

interface Template {
  readonly bytes: Uint8Array;
  readonly pairs: number;
  readonly sizeAt: number;
  readonly positionAt: number;
  readonly enqueuedAt: number;
  readonly hubEnqueuedAt: number;
}

function createTemplate(): Template {
  const writer = new AmqpWriter();
  writer.described(0x72);
  const sizeAt = writer.beginMap();
  const gap = (key: string, constructor: number) => {
    writer.symbol(key);
    writer.byte(constructor);
    const at = writer.at;
    writer.raw(new Uint8Array(8));
    return at;
  };
  const positionAt = gap("x-opt-sequence-number", 0x81);
  const enqueuedAt = gap("x-opt-enqueued-time", 0x83);
  const hubEnqueuedAt = gap("iothub-enqueuedtime", 0x83);
  // Last, because its length differs.
  writer.symbol("x-opt-offset");
  writer.byte(0xa1);
  return { bytes: writer.written.slice(), pairs: 4, sizeAt, positionAt, enqueuedAt, hubEnqueuedAt };
}

function readPairCount(records: Uint8Array, at: number): number {
  return (records[at + RECORD.pairCountAt]! << 8) | records[at + RECORD.pairCountAt + 1]!;
}

function digitsOf(position: number): number {
  let digits = 1;
  for (let bound = 10; bound <= position; bound *= 10) digits += 1;
  return digits;
}

const timeBytes = new Uint8Array(8);
const timeView = new DataView(timeBytes.buffer);

/** From float64 in the record to int64 in both annotations. */
function copyTime(
  records: Uint8Array,
  at: number,
  target: Uint8Array,
  first: number,
  second: number,
): void {
  for (let i = 0; i < 8; i++) timeBytes[i] = records[at + i]!;
  const timeMs = Math.trunc(timeView.getFloat64(0));
  writeInt64(target, first, timeMs);
  writeInt64(target, second, timeMs);
}

function writeInt64(target: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_THE_32);
  writeUint32(target, at, high);
  writeUint32(target, at + 4, value - high * TWO_TO_THE_32);
}
