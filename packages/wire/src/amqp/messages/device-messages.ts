import type { Message, PropertyValue, SystemProperties } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import type { AmqpMap, AmqpValue } from "../values/amqp-value.ts";
import { AmqpDecodeError, isTimestamp } from "../values/amqp-value.ts";
import type { AmqpMessage } from "./message.ts";
import { messageIdText, readMessage } from "./message.ts";

/** The transfer format of a batch: each Data section is a message of its own. */
export const BATCH_MESSAGE_FORMAT = 0x8001_3700;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type TextProperty = Exclude<keyof SystemProperties, "expiresAtMs">;

/** Application properties that mean something to the hub. (protocol reference: device-facing 4.5) */
const SYSTEM_BY_APPLICATION_KEY = new Map<string, TextProperty>([
  ["iothub-creation-time-utc", "creationTime"],
  ["iothub-message-schema", "messageSchema"],
  ["iothub-outputname", "outputName"],
]);

const SYSTEM_BY_ANNOTATION = new Map<string, TextProperty>([
  ["iothub-interface-id", "interfaceId"],
  ["dt-subject", "componentName"],
]);

/** Who sent a message is for the hub to say. */
const IGNORED_KEYS = new Set(["iothub-connection-device-id", "iothub-connection-module-id"]);

/** What a device sent in one transfer. Throws `AmqpDecodeError`. */
export function readDeviceMessages(payload: Uint8Array, messageFormat: number): Message[] {
  const outer = readMessage(payload);
  if (messageFormat !== BATCH_MESSAGE_FORMAT) return [toMessage(outer)];
  if (outer.data.length === 0) throw new AmqpDecodeError("A batch has no messages");
  return outer.data.map((bytes) => toMessage(readMessage(bytes)));
}

export function toMessage(message: AmqpMessage): Message {
  const system: Writable<SystemProperties> = {};
  const application = new Map<string, PropertyValue>();
  readProperties(message, system);
  for (const [key, value] of texts(message.messageAnnotations)) {
    const name = SYSTEM_BY_ANNOTATION.get(key);
    if (name !== undefined) system[name] = String(value);
  }
  for (const [key, value] of texts(message.applicationProperties)) {
    const name = SYSTEM_BY_APPLICATION_KEY.get(key);
    if (name !== undefined) system[name] = String(value);
    else if (!IGNORED_KEYS.has(key)) application.set(key, value);
  }
  return { properties: messageProperties(system, application), body: bodyOf(message) };
}

function readProperties({ properties }: AmqpMessage, system: Writable<SystemProperties>): void {
  const set = (name: TextProperty, value: string | undefined): void => {
    if (value !== undefined && value !== "") system[name] = value;
  };
  set("messageId", properties.messageId && messageIdText(properties.messageId));
  set("correlationId", properties.correlationId && messageIdText(properties.correlationId));
  set("userId", properties.userId && new TextDecoder().decode(properties.userId));
  set("to", properties.to);
  set("contentType", properties.contentType);
  set("contentEncoding", properties.contentEncoding);
  const expiry = properties.absoluteExpiryTime;
  if (isTimestamp(expiry)) system.expiresAtMs = expiry.timeMs;
  // One tool writes the time as a plain number.
  else if (typeof expiry === "number" || typeof expiry === "bigint") {
    system.expiresAtMs = Number(expiry);
  }
}

function* texts(map: AmqpMap): Generator<[key: string, value: PropertyValue]> {
  for (const [key, value] of map) {
    const plain = toPropertyValue(value);
    if (typeof key === "string" && key !== "" && plain !== undefined) yield [key, plain];
  }
}

function toPropertyValue(value: AmqpValue): PropertyValue | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return isTimestamp(value) ? timeText(value.timeMs) : undefined;
}

/** The type holds times that no calendar has: those stay the number they are. */
function timeText(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
}

/** Data sections count as one; a text or binary value does as well. */
export function bodyOf({ data, value }: AmqpMessage): Uint8Array {
  const [first] = data;
  if (first === undefined) {
    if (typeof value === "string") return new TextEncoder().encode(value);
    return value instanceof Uint8Array ? value : new Uint8Array();
  }
  if (data.length === 1) return first;
  const whole = new Uint8Array(data.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of data) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
