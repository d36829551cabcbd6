import type { MessageProperties, PropertyValue, SystemProperties } from "@larimar/domain";
import { AmqpWriter } from "../amqp/amqp-writer.ts";

const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;

const utf8 = new TextEncoder();

/** The properties and application-properties sections of a message, as far as they hold anything. */
export function encodePropertySections(properties: MessageProperties): Uint8Array {
  const writer = new AmqpWriter();
  writeProperties(writer, properties.system);
  writeApplicationProperties(writer, withSystemEntries(properties));
  return writer.written.slice();
}

/** [AMQP 1.0 3.2.4] The fields in their order; those after the last one that is set are left out. */
function writeProperties(writer: AmqpWriter, system: SystemProperties): void {
  const fields: ((() => void) | undefined)[] = [
    field(system.messageId, (value) => writer.string(value)),
    field(system.userId, (value) => writer.binary(utf8.encode(value))),
    field(system.to, (value) => writer.string(value)),
    undefined, // subject
    undefined, // reply-to
    field(system.correlationId, (value) => writer.string(value)),
    field(system.contentType, (value) => writer.symbol(value)),
    field(system.contentEncoding, (value) => writer.symbol(value)),
    field(system.expiresAtMs, (value) => writer.timestamp(value)),
  ];
  const count = fields.findLastIndex((write) => write !== undefined) + 1;
  if (count === 0) return;
  writer.described(PROPERTIES);
  const mark = writer.beginList();
  for (const write of fields.slice(0, count)) {
    if (write === undefined) writer.null();
    else write();
  }
  writer.end(mark, count);
}

function field<T>(value: T | undefined, write: (value: T) => void): (() => void) | undefined {
  return value === undefined ? undefined : () => write(value);
}

/** Two properties of the hub's own travel among the application's. (protocol reference: device-facing 4.5) */
function withSystemEntries({
  system,
  application,
}: MessageProperties): ReadonlyMap<string, PropertyValue> {
  const { messageSchema, outputName } = system;
  if (messageSchema === undefined && outputName === undefined) return application;
  const all = new Map<string, PropertyValue>();
  if (messageSchema !== undefined) all.set("iothub-message-schema", messageSchema);
  if (outputName !== undefined) all.set("iothub-outputname", outputName);
  for (const [key, value] of application) all.set(key, value);
  return all;
}

function writeApplicationProperties(
  writer: AmqpWriter,
  application: ReadonlyMap<string, PropertyValue>,
): void {
  if (application.size === 0) return;
  writer.described(APPLICATION_PROPERTIES);
  const mark = writer.beginMap();
  for (const [key, value] of application) {
    writer.string(key);
    writePropertyValue(writer, value);
  }
  writer.end(mark, application.size * 2);
}

function writePropertyValue(writer: AmqpWriter, value: PropertyValue): void {
  if (typeof value === "string") writer.string(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.long(value);
  else writer.double(value);
}
