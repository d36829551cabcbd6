import type { CommandAck, IdentityKey, LockedCommand, Message } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import { AmqpWriter } from "../values/amqp-writer.ts";
import { toMessage } from "./device-messages.ts";
import { parseLinkAddress } from "../link-address.ts";
import type { AmqpMessage } from "./message.ts";

/** What a back end sends to a device. */
export interface CommandRequest {
  /** Undefined when the message names no device. */
  readonly key: IdentityKey | undefined;
  readonly message: Message;
  readonly ack: CommandAck;
}

const ACK_KEY = "iothub-ack";
const ACKS: readonly CommandAck[] = ["none", "positive", "negative", "full"];

/** (protocol reference: service-facing 4.3) */
export function readCommandRequest(message: AmqpMessage): CommandRequest {
  const { properties, body } = toMessage(message);
  const application = new Map(properties.application);
  const wish = String(application.get(ACK_KEY) ?? "none").toLowerCase();
  application.delete(ACK_KEY);
  const { target } = parseLinkAddress(properties.system.to ?? "");
  const isForDevice = target.kind === "identity" && target.channel === "commands";
  return {
    key: isForDevice ? target.identity : undefined,
    message: { properties: messageProperties(properties.system, application), body },
    ack: ACKS.find((ack) => ack === wish) ?? "none",
  };
}

/** A command as its device receives it. (protocol reference: device-facing 4.6) */
export function encodeCommand(command: LockedCommand): Uint8Array {
  const { message, key, ack } = command;
  const writer = new AmqpWriter(512 + message.body.length);
  writer.described(0x72);
  const annotations = writer.beginMap();
  writer.symbol("x-opt-sequence-number");
  writer.ulong(command.sequenceNumber);
  writer.symbol("iothub-enqueuedtime");
  writer.timestamp(command.enqueuedAtMs);
  writer.symbol("iothub-deliverycount");
  writer.ubyte(Math.min(command.deliveryCount, 255));
  writer.symbol("x-opt-lock-token");
  writer.string(command.lockToken);
  writer.end(annotations, 8);
  writeProperties(writer, message, key);
  writer.described(0x74);
  const application = writer.beginMap();
  let count = 0;
  // Every value a text: one client rejects commands with others.
  for (const [name, value] of message.properties.application) {
    writer.string(name);
    writer.string(String(value));
    count += 2;
  }
  if (ack !== "none") {
    writer.string(ACK_KEY);
    writer.string(ack);
    count += 2;
  }
  writer.end(application, count);
  writer.described(0x75);
  writer.binary(message.body);
  return writer.written.slice();
}

function writeProperties(writer: AmqpWriter, message: Message, key: IdentityKey): void {
  const { system } = message.properties;
  const module = key.moduleId === undefined ? "" : `/modules/${key.moduleId}`;
  const text = (value: string | undefined): void => {
    if (value === undefined) writer.null();
    else writer.string(value);
  };
  const symbol = (value: string | undefined): void => {
    if (value === undefined) writer.null();
    else writer.symbol(value);
  };
  writer.described(0x73);
  const mark = writer.beginList();
  text(system.messageId);
  if (system.userId === undefined) writer.null();
  else writer.binary(new TextEncoder().encode(system.userId));
  writer.string(`/devices/${key.deviceId}${module}/messages/devicebound`);
  writer.null(); // subject
  writer.null(); // reply-to
  text(system.correlationId);
  symbol(system.contentType);
  symbol(system.contentEncoding);
  if (system.expiresAtMs === undefined) writer.null();
  else writer.timestamp(system.expiresAtMs);
  writer.end(mark, 9);
}

/** A batch of notifications for back ends: one Data section with a line of JSON. (service-facing 4.4) */
export function encodeNotification(notification: {
  readonly contentType: string;
  readonly hubName: string;
  readonly enqueuedAtMs: number;
  readonly json: string;
}): Uint8Array {
  const writer = new AmqpWriter(256 + notification.json.length);
  writer.described(0x72);
  const annotations = writer.beginMap();
  writer.symbol("iothub-enqueuedtime");
  writer.timestamp(notification.enqueuedAtMs);
  writer.end(annotations, 2);
  writer.described(0x73);
  const mark = writer.beginList();
  writer.null(); // message-id
  writer.binary(new TextEncoder().encode(notification.hubName));
  for (let i = 0; i < 4; i++) writer.null();
  writer.symbol(notification.contentType);
  writer.end(mark, 7);
  writer.described(0x75);
  writer.binary(new TextEncoder().encode(notification.json));
  return writer.written.slice();
}
