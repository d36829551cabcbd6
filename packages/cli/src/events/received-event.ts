import type { Message } from "rhea";

/** An event as `larimar monitor` shows it. */
export interface ReceivedEvent {
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly enqueuedTime: string;
  readonly source: string | undefined;
  readonly deviceId: string | undefined;
  readonly moduleId: string | undefined;
  readonly contentType: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  /** As text, or base64 where it is none. */
  readonly body: string;
  readonly isBase64: boolean;
}

export function toReceivedEvent(message: Message, partitionId: string): ReceivedEvent {
  const annotations = message.message_annotations ?? {};
  const body = bytesOf(message.body);
  const text = textOf(body);
  return {
    partitionId,
    sequenceNumber: Number(annotations["x-opt-sequence-number"]),
    enqueuedTime: new Date(Number(annotations["x-opt-enqueued-time"])).toISOString(),
    source: annotations["iothub-message-source"] as string | undefined,
    deviceId: annotations["iothub-connection-device-id"] as string | undefined,
    moduleId: annotations["iothub-connection-module-id"] as string | undefined,
    contentType: message.content_type,
    properties: message.application_properties ?? {},
    body: text ?? body.toString("base64"),
    isBase64: text === undefined,
  };
}

/** One line for people. */
export function describeEvent(event: ReceivedEvent): string {
  const { enqueuedTime, deviceId = "-", moduleId, source, properties, body, isBase64 } = event;
  const sender = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
  const kind = source === undefined || source === "Telemetry" ? [] : [`[${source}]`];
  const pairs = Object.entries(properties).map(([name, value]) => `${name}=${String(value)}`);
  const text = isBase64 ? `base64:${body}` : body;
  const line = [enqueuedTime, sender, ...kind, text, ...pairs].join("  ");
  return line.replaceAll(/\p{Cc}/gu, visible);
}

/** What a device sends must not steer the terminal it is shown in. */
function visible(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function bytesOf(body: unknown): Buffer {
  const { content } = (body ?? {}) as { content?: unknown };
  if (Buffer.isBuffer(content)) return content;
  return Array.isArray(content) ? Buffer.concat(content as Buffer[]) : Buffer.alloc(0);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
