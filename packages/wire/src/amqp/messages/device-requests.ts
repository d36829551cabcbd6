import { AmqpWriter } from "../values/amqp-writer.ts";
import type { AmqpMessage } from "./message.ts";
import { messageIdText } from "./message.ts";
import { bodyOf } from "./device-messages.ts";

/** (protocol reference: device-facing 4.7) */
export interface TwinRequest {
  readonly operation: "get" | "patchReported" | "subscribe" | "unsubscribe" | "unknown";
  /** Encoded, as the answer has to repeat it with its type. */
  readonly correlationId: Uint8Array | undefined;
  readonly expectedVersion: number | undefined;
  readonly body: Uint8Array;
}

const DESIRED_NOTIFICATIONS = "/notifications/twin/properties/desired";
const REPORTED = "/properties/reported";

export function readTwinRequest(message: AmqpMessage): TwinRequest {
  const { messageAnnotations, properties } = message;
  const version = messageAnnotations.get("version");
  const isNumber = typeof version === "number" || typeof version === "bigint";
  return {
    operation: operationOf(
      textOf(messageAnnotations.get("operation")).toUpperCase(),
      textOf(messageAnnotations.get("resource")).toLowerCase(),
    ),
    correlationId: properties.correlationId,
    expectedVersion: isNumber ? Number(version) : undefined,
    body: bodyOf(message),
  };
}

function operationOf(operation: string, resource: string): TwinRequest["operation"] {
  if (operation === "GET" && (resource === "" || resource === "/")) return "get";
  if (operation === "PATCH" && resource === REPORTED) return "patchReported";
  if (operation === "PUT" && resource === DESIRED_NOTIFICATIONS) return "subscribe";
  if (operation === "DELETE" && resource === DESIRED_NOTIFICATIONS) return "unsubscribe";
  return "unknown";
}

/** The status is an int and the version a long: one client accepts nothing else. */
export function encodeTwinAnswer(answer: {
  readonly correlationId: Uint8Array | undefined;
  readonly status: number;
  readonly version?: number;
  readonly body: Uint8Array;
}): Uint8Array {
  const { correlationId, status, version, body } = answer;
  const writer = new AmqpWriter(256 + body.length);
  writeAnnotations(writer, [
    ["status", () => writer.int(status)],
    ...(version === undefined ? [] : [["version", () => writer.long(version)] as const]),
  ]);
  if (correlationId !== undefined) writeCorrelation(writer, correlationId);
  writeData(writer, body);
  return writer.written.slice();
}

/** No correlation id and no status: that is how clients know it from an answer. */
export function encodeDesiredNotification(version: number, body: Uint8Array): Uint8Array {
  const writer = new AmqpWriter(256 + body.length);
  writeAnnotations(writer, [
    ["resource", () => writer.string("/properties/desired")],
    ["version", () => writer.long(version)],
  ]);
  writeData(writer, body);
  return writer.written.slice();
}

const METHOD_NAME = "IoThub-methodname";
const METHOD_STATUS = "iothub-status";

/** The correlation id is a uuid, whose sixteen bytes these are. (protocol reference: device-facing 4.8) */
export function encodeMethodRequest(request: {
  readonly correlationId: Uint8Array;
  readonly name: string;
  readonly body: Uint8Array;
}): Uint8Array {
  const writer = new AmqpWriter(256 + request.body.length);
  const encoded = new AmqpWriter(32);
  encoded.uuid(request.correlationId);
  writeCorrelation(writer, encoded.written);
  writer.described(0x74);
  const mark = writer.beginMap();
  writer.string(METHOD_NAME);
  writer.string(request.name);
  writer.end(mark, 2);
  writeData(writer, request.body);
  return writer.written.slice();
}

export interface MethodAnswer {
  /** Lower-case text with hyphens; some clients send it as text, some as uuid. */
  readonly correlationId: string | undefined;
  readonly status: number | undefined;
  readonly body: Uint8Array;
}

export function readMethodAnswer(message: AmqpMessage): MethodAnswer {
  const { correlationId } = message.properties;
  let status: number | undefined;
  for (const [key, value] of message.applicationProperties) {
    const isStatus = typeof key === "string" && key.toLowerCase() === METHOD_STATUS;
    if (isStatus && (typeof value === "number" || typeof value === "bigint")) {
      status = Number(value);
    }
  }
  return {
    correlationId: correlationId && messageIdText(correlationId)?.toLowerCase(),
    status,
    body: bodyOf(message),
  };
}

function writeAnnotations(
  writer: AmqpWriter,
  entries: readonly (readonly [key: string, write: () => void])[],
): void {
  writer.described(0x72);
  const mark = writer.beginMap();
  for (const [key, write] of entries) {
    writer.symbol(key);
    write();
  }
  writer.end(mark, entries.length * 2);
}

function writeCorrelation(writer: AmqpWriter, encoded: Uint8Array): void {
  writer.described(0x73);
  const mark = writer.beginList();
  for (let i = 0; i < 5; i++) writer.null();
  writer.raw(encoded);
  writer.end(mark, 6);
}

function writeData(writer: AmqpWriter, body: Uint8Array): void {
  writer.described(0x75);
  writer.binary(body);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
