import type { AmqpMessage } from "@larimar/wire";
import { AmqpWriter } from "@larimar/wire";

export interface AnswerStatus {
  readonly code: number;
  readonly description: string;
  readonly condition?: string | undefined;
}

/**
 * The answer to a request: its id comes back as correlation id with the very same type, which clients
 * insist on, and the status is an int. (protocol reference: service-facing 4.2, 5.3)
 */
export function encodeAnswer(
  request: AmqpMessage,
  status: AnswerStatus,
  writeBody: (writer: AmqpWriter) => void = (writer) => writer.null(),
): Uint8Array {
  const writer = new AmqpWriter();
  writeProperties(writer, request.properties.messageId);
  writeApplicationProperties(writer, status);
  writer.described(0x77);
  writeBody(writer);
  return writer.written;
}

function writeProperties(writer: AmqpWriter, messageId: Uint8Array | undefined): void {
  if (messageId === undefined) return;
  writer.described(0x73);
  const mark = writer.beginList();
  for (let i = 0; i < 5; i++) writer.null();
  writer.raw(messageId); // correlation-id
  writer.end(mark, 6);
}

function writeApplicationProperties(writer: AmqpWriter, status: AnswerStatus): void {
  writer.described(0x74);
  const mark = writer.beginMap();
  writer.string("status-code");
  writer.int(status.code);
  writer.string("status-description");
  writer.string(status.description);
  if (status.condition !== undefined) {
    writer.string("error-condition");
    writer.symbol(status.condition);
  }
  writer.end(mark, status.condition === undefined ? 4 : 6);
}
