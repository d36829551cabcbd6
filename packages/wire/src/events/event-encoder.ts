import type { EventEncoder, EventOrigin, Message, MessageProperties } from "@larimar/domain";
import { AmqpWriter } from "../amqp/values/amqp-writer.ts";
import type { AnnotationPairs } from "./event-annotations.ts";
import { encodeOriginAnnotations, writeMessageAnnotations } from "./event-annotations.ts";
import { writePropertySections } from "./bare-message.ts";
import { RECORD, REFERENCE_BYTES_MAX, writeReferringLength, writeUint32 } from "./event-record.ts";

const SHORT_BODY_BYTES_MAX = 255;

/** A device repeats few sets of properties, or none; the oldest is forgotten. */
const PREFIXES_REMEMBERED_MAX = 4;
/** Memory for longer prefixes is not kept. */
const SCRATCH_BYTES_MAX = 16_384;

/** Everything of a record but its length, time and body. */
interface Prefix {
  readonly properties: MessageProperties;
  readonly bytes: Uint8Array;
}

/** What has been made of an origin, and of the properties of its last messages. */
interface OriginEntry {
  readonly annotations: AnnotationPairs;
  readonly remembered: Prefix[];
  last: Prefix | undefined;
  next: number;
}

/**
 * The encoder of event records (layout: event-record.ts). Devices send the same properties with message
 * after message, so everything of a record but its time and body is encoded once per pair of origin and
 * properties, and written once for as long as it does not change within one call. What is remembered of
 * an origin goes with it.
 */
export function createEventEncoder(): EventEncoder {
  const origins = new WeakMap<EventOrigin, OriginEntry>();
  const timeBytes = new Uint8Array(8);
  const timeView = new DataView(timeBytes.buffer);
  let writer = new AmqpWriter();
  let lastOrigin: EventOrigin | undefined;
  let lastEntry: OriginEntry | undefined;
  /** What `measure` found for each of the messages that `encode` will be asked for next. */
  const prepared: Uint8Array[] = [];
  let preparedFor: readonly Message[] | undefined;
  let preparedOrigin: EventOrigin | undefined;

  function entryOf(origin: EventOrigin): OriginEntry {
    if (origin === lastOrigin && lastEntry !== undefined) return lastEntry;
    let entry = origins.get(origin);
    if (entry === undefined) {
      const annotations = encodeOriginAnnotations(origin);
      entry = { annotations, remembered: [], last: undefined, next: 0 };
      origins.set(origin, entry);
    }
    lastOrigin = origin;
    lastEntry = entry;
    return entry;
  }

  function prefixOf(entry: OriginEntry, properties: MessageProperties): Uint8Array {
    if (entry.last?.properties === properties) return entry.last.bytes;
    for (const prefix of entry.remembered) {
      if (prefix.properties !== properties) continue;
      entry.last = prefix;
      return prefix.bytes;
    }
    const prefix = { properties, bytes: encodePrefix(entry.annotations, properties) };
    entry.remembered[entry.next] = prefix;
    entry.next = (entry.next + 1) % PREFIXES_REMEMBERED_MAX;
    entry.last = prefix;
    return prefix.bytes;
  }

  /** From the annotation counts up to and including the descriptor of the Data section. */
  function encodePrefix(annotations: AnnotationPairs, properties: MessageProperties): Uint8Array {
    writer.at = 0;
    writer.raw(EMPTY_COUNTS);
    writer.raw(annotations.bytes);
    const count = annotations.count + writeMessageAnnotations(writer, properties.system);
    const annotationsEnd = writer.at;
    writePropertySections(writer, properties);
    writer.described(DATA_SECTION);
    const bytes = writer.bytes.slice(0, writer.at);
    bytes[0] = count >>> 8;
    bytes[1] = count & 0xff;
    writeUint32(bytes, 2, annotationsEnd - EMPTY_COUNTS.length);
    if (writer.bytes.length > SCRATCH_BYTES_MAX) writer = new AmqpWriter();
    return bytes;
  }

  return {
    measure(origin, messages) {
      const entry = entryOf(origin);
      let bytes = 0;
      let shared: Uint8Array = NOTHING;
      let sharedAt = 0;
      prepared.length = 0;
      preparedFor = messages;
      preparedOrigin = origin;
      for (const { properties: of, body } of messages) {
        const prefix = prefixOf(entry, of);
        prepared.push(prefix);
        if (prefix === shared && bytes - sharedAt <= REFERENCE_BYTES_MAX) {
          bytes += RECORD.referringBodyAt + dataBytes(body);
          continue;
        }
        shared = prefix;
        sharedAt = bytes;
        bytes += RECORD.headAt + prefix.length + dataBytes(body);
      }
      return bytes;
    },

    encode(origin, messages, enqueuedAtMs, target, start) {
      const entry = entryOf(origin);
      const isPrepared = messages === preparedFor && origin === preparedOrigin;
      timeView.setFloat64(0, enqueuedAtMs);
      let at = start;
      let shared: Uint8Array = NOTHING;
      let sharedAt = start;
      let index = 0;
      for (const { properties: of, body } of messages) {
        const prefix = isPrepared ? prepared[index++]! : prefixOf(entry, of);
        if (prefix === shared && at - sharedAt <= REFERENCE_BYTES_MAX) {
          const recordAt = at;
          const length = RECORD.referringBodyAt - 4 + dataBytes(body);
          at = writeReferringLength(target, at, length);
          for (let i = 0; i < 8; i++) target[at++] = timeBytes[i]!;
          at = writeUint32(target, at, recordAt - sharedAt);
          at = writeUint32(target, at, prefix.length);
        } else {
          shared = prefix;
          sharedAt = at;
          at = writeUint32(target, at, RECORD.headAt - 4 + prefix.length + dataBytes(body));
          for (let i = 0; i < 8; i++) target[at++] = timeBytes[i]!;
          target.set(prefix, at);
          at += prefix.length;
        }
        if (body.length <= SHORT_BODY_BYTES_MAX) {
          target[at++] = 0xa0;
          target[at++] = body.length;
        } else {
          target[at++] = 0xb0;
          at = writeUint32(target, at, body.length);
        }
        target.set(body, at);
        at += body.length;
      }
      prepared.length = 0;
      preparedFor = undefined;
      preparedOrigin = undefined;
      return at;
    },
  } satisfies EventEncoder;
}

/** The value of a Data section, its constructor and length included. */
function dataBytes({ length }: Uint8Array): number {
  return length + (length <= SHORT_BODY_BYTES_MAX ? 2 : 5);
}

/** The number of annotations and their bytes, filled in when both are known. */
const EMPTY_COUNTS = new Uint8Array(6);
const NOTHING = new Uint8Array(0);
const DATA_SECTION = 0x75;
