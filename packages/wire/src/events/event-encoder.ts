import type { EventEncoder, EventOrigin, MessageProperties } from "@larimar/domain";
import type { AnnotationPairs } from "./event-annotations.ts";
import { encodeMessageAnnotations, encodeOriginAnnotations } from "./event-annotations.ts";
import { encodePropertySections } from "./bare-message.ts";
import { RECORD, REFERENCE_BYTES_MAX, writeReferringLength, writeUint32 } from "./event-record.ts";

const SHORT_BODY_BYTES_MAX = 255;

interface EncodedProperties {
  readonly annotations: AnnotationPairs;
  readonly sections: Uint8Array;
}

/** What has been made of an origin, and of the properties its last message had. */
interface OriginEntry {
  readonly annotations: AnnotationPairs;
  lastProperties: MessageProperties | undefined;
  lastPrefix: Uint8Array;
}

/**
 * The encoder of event records (layout: event-record.ts). Devices send the same properties with message
 * after message, so everything of a record but its time and body is encoded once per pair of origin and
 * properties, and written once for as long as it does not change within one call. The caches hold on to
 * nothing that nobody else holds.
 */
export function createEventEncoder(): EventEncoder {
  const origins = new WeakMap<EventOrigin, OriginEntry>();
  const properties = new WeakMap<MessageProperties, EncodedProperties>();
  const timeBytes = new Uint8Array(8);
  const timeView = new DataView(timeBytes.buffer);
  let lastOrigin: EventOrigin | undefined;
  let lastEntry: OriginEntry | undefined;

  function entryOf(origin: EventOrigin): OriginEntry {
    if (origin === lastOrigin && lastEntry !== undefined) return lastEntry;
    let entry = origins.get(origin);
    if (entry === undefined) {
      entry = {
        annotations: encodeOriginAnnotations(origin),
        lastProperties: undefined,
        lastPrefix: NOTHING,
      };
      origins.set(origin, entry);
    }
    lastOrigin = origin;
    lastEntry = entry;
    return entry;
  }

  function prefixOf(entry: OriginEntry, of: MessageProperties): Uint8Array {
    if (of === entry.lastProperties) return entry.lastPrefix;
    let encoded = properties.get(of);
    if (encoded === undefined) {
      encoded = {
        annotations: encodeMessageAnnotations(of.system),
        sections: encodePropertySections(of),
      };
      properties.set(of, encoded);
    }
    entry.lastProperties = of;
    entry.lastPrefix = joinPrefix(entry.annotations, encoded);
    return entry.lastPrefix;
  }

  return {
    measure(origin, messages) {
      const entry = entryOf(origin);
      let bytes = 0;
      let shared: Uint8Array = NOTHING;
      let sharedAt = 0;
      for (const { properties: of, body } of messages) {
        const prefix = prefixOf(entry, of);
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
      timeView.setFloat64(0, enqueuedAtMs);
      let at = start;
      let shared: Uint8Array = NOTHING;
      let sharedAt = start;
      for (const { properties: of, body } of messages) {
        const prefix = prefixOf(entry, of);
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
      return at;
    },
  } satisfies EventEncoder;
}

/** The value of a Data section, its constructor and length included. */
function dataBytes({ length }: Uint8Array): number {
  return length + (length <= SHORT_BODY_BYTES_MAX ? 2 : 5);
}

/** From the annotation counts up to and including the descriptor of the Data section. */
function joinPrefix(
  origin: AnnotationPairs,
  { annotations, sections }: EncodedProperties,
): Uint8Array {
  const annotationBytes = origin.bytes.length + annotations.bytes.length;
  const prefix = new Uint8Array(6 + annotationBytes + sections.length + 3);
  const count = origin.count + annotations.count;
  prefix[0] = count >>> 8;
  prefix[1] = count & 0xff;
  let at = writeUint32(prefix, 2, annotationBytes);
  for (const part of [origin.bytes, annotations.bytes, sections]) {
    prefix.set(part, at);
    at += part.length;
  }
  prefix.set(DATA_DESCRIPTOR, at);
  return prefix;
}

const NOTHING = new Uint8Array(0);
const DATA_DESCRIPTOR = Uint8Array.of(0x00, 0x53, 0x75);
