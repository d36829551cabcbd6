import { AmqpReader } from "../values/amqp-reader.ts";
import type { AmqpMap, AmqpValue } from "../values/amqp-value.ts";
import { AmqpDecodeError, isAmqpMap } from "../values/amqp-value.ts";
import { FieldReader } from "../values/field-reader.ts";

/** A message taken apart. Sections may come in any order and data in several pieces. */
export interface AmqpMessage {
  readonly properties: AmqpMessageProperties;
  readonly applicationProperties: AmqpMap;
  readonly messageAnnotations: AmqpMap;
  readonly data: readonly Uint8Array[];
  /** The amqp-value body; undefined when the message has none. */
  readonly value: AmqpValue | undefined;
}

export interface AmqpMessageProperties {
  /** As it is encoded, so that an answer can repeat it with the very same type. */
  readonly messageId?: Uint8Array | undefined;
  readonly userId?: Uint8Array | undefined;
  readonly to?: string | undefined;
  readonly subject?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly correlationId?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly absoluteExpiryTime?: AmqpValue | undefined;
  readonly creationTime?: AmqpValue | undefined;
}

const SECTIONS = new Map<number | string, Section>([
  [0x70, "skipped"],
  ["amqp:header:list", "skipped"],
  [0x71, "skipped"],
  ["amqp:delivery-annotations:map", "skipped"],
  [0x72, "messageAnnotations"],
  ["amqp:message-annotations:map", "messageAnnotations"],
  [0x73, "properties"],
  ["amqp:properties:list", "properties"],
  [0x74, "applicationProperties"],
  ["amqp:application-properties:map", "applicationProperties"],
  [0x75, "data"],
  ["amqp:data:binary", "data"],
  [0x76, "skipped"],
  ["amqp:amqp-sequence:list", "skipped"],
  [0x77, "value"],
  ["amqp:amqp-value:*", "value"],
  ["amqp:value:*", "value"],
  [0x78, "skipped"],
  ["amqp:footer:map", "skipped"],
]);

type Section =
  | "skipped"
  | "messageAnnotations"
  | "properties"
  | "applicationProperties"
  | "data"
  | "value";

const NO_ENTRIES: AmqpMap = new Map();

/** [AMQP 1.0 3.2] Throws `AmqpDecodeError`. */
export function readMessage(bytes: Uint8Array): AmqpMessage {
  const reader = new AmqpReader(bytes);
  const data: Uint8Array[] = [];
  let properties: AmqpMessageProperties = {};
  let applicationProperties = NO_ENTRIES;
  let messageAnnotations = NO_ENTRIES;
  let value: AmqpValue | undefined;
  while (!reader.isAtEnd) {
    const section = SECTIONS.get(reader.readDescriptor());
    switch (section) {
      case "properties":
        properties = readProperties(reader);
        break;
      case "applicationProperties":
        applicationProperties = readMap(reader);
        break;
      case "messageAnnotations":
        messageAnnotations = readMap(reader);
        break;
      case "data":
        data.push(readData(reader));
        break;
      case "value":
        value = reader.readValue(1);
        break;
      case "skipped":
        reader.skipValue(1);
        break;
      case undefined:
        throw new AmqpDecodeError("A message has a section that is not known");
    }
  }
  return { properties, applicationProperties, messageAnnotations, data, value };
}

/** A message id as text: numbers in decimal, uuids with hyphens, binaries not at all. */
export function messageIdText(encoded: Uint8Array): string | undefined {
  const id = new AmqpReader(encoded).readValue();
  if (typeof id === "string") return id;
  return typeof id === "bigint" || typeof id === "number" ? String(id) : undefined;
}

function readProperties(reader: AmqpReader): AmqpMessageProperties {
  const fields = new FieldReader(reader);
  const properties = {
    messageId: fields.encoded(),
    userId: fields.binary(),
    to: fields.string(),
    subject: fields.string(),
    replyTo: fields.string(),
    correlationId: fields.encoded(),
    contentType: fields.string(),
    contentEncoding: fields.string(),
    absoluteExpiryTime: fields.value(),
    creationTime: fields.value(),
  };
  fields.close();
  return properties;
}

function readMap(reader: AmqpReader): AmqpMap {
  const map = reader.readValue(1);
  if (map === null) return NO_ENTRIES;
  if (!isAmqpMap(map)) throw new AmqpDecodeError("A section is not the map it has to be");
  return map;
}

function readData(reader: AmqpReader): Uint8Array {
  const data = reader.readValue(1);
  if (!(data instanceof Uint8Array)) {
    throw new AmqpDecodeError("A data section is not binary");
  }
  return data;
}
