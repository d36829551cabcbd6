import type { MessageProperties, PropertyValue, SystemProperties } from "@larimar/domain";
import type { AmqpWriter } from "../amqp/values/amqp-writer.ts";

const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;

const utf8 = new TextEncoder();

/** The properties and application-properties sections of a message, as far as they hold anything. */
export function writePropertySections(writer: AmqpWriter, properties: MessageProperties): void {
  writeProperties(writer, properties.system);
  writeApplicationProperties(writer, withSystemEntries(properties));
}

/** [AMQP 1.0 3.2.4] The fields in their order; those after the last one that is set are left out. */
function writeProperties(writer: AmqpWriter, system: SystemProperties): void {
  const count = countFields(system);
  if (count === 0) return;
  writer.described(PROPERTIES);
  const mark = writer.beginList();
  writeString(writer, system.messageId);
  if (count > 1) writeBinary(writer, system.userId);
  if (count > 2) writeString(writer, system.to);
  if (count > 3) writer.null(); // subject
  if (count > 4) writer.null(); // reply-to
  if (count > 5) writeString(writer, system.correlationId);
  if (count > 6) writeSymbol(writer, system.contentType);
  if (count > 7) writeSymbol(writer, system.contentEncoding);
  if (count > 8) writer.timestamp(system.expiresAtMs!);
  writer.end(mark, count);
}

function countFields(system: SystemProperties): number {
  if (system.expiresAtMs !== undefined) return 9;
  if (system.contentEncoding !== undefined) return 8;
  if (system.contentType !== undefined) return 7;
  if (system.correlationId !== undefined) return 6;
  if (system.to !== undefined) return 3;
  if (system.userId !== undefined) return 2;
  return system.messageId === undefined ? 0 : 1;
}

function writeString(writer: AmqpWriter, value: string | undefined): void {
  if (value === undefined) writer.null();
  else writer.string(value);
}

function writeSymbol(writer: AmqpWriter, value: string | undefined): void {
  if (value === undefined) writer.null();
  else writer.symbol(value);
}

function writeBinary(writer: AmqpWriter, value: string | undefined): void {
  if (value === undefined) writer.null();
  else writer.binary(utf8.encode(value));
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
