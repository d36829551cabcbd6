import { AmqpReader, AmqpWriter, FieldReader } from "@larimar/wire";
import { AmqpFault } from "./amqp-fault.ts";
import type { Frame } from "./frame-reader.ts";
import { FRAME_TYPE } from "./frame-reader.ts";

/** In the order in which the hosted service offers them. (protocol reference: device-facing 4.1) */
export const SASL_MECHANISMS = ["EXTERNAL", "MSSBCBS", "ANONYMOUS", "PLAIN"] as const;

const DESCRIPTOR = {
  mechanisms: 0x40,
  init: 0x41,
  challenge: 0x42,
  response: 0x43,
  outcome: 0x44,
} as const;
const INIT_NAME = "amqp:sasl-init:list";
const RESPONSE_NAME = "amqp:sasl-response:list";

/** [AMQP 1.0 5.3.3.6] */
export const SASL_OUTCOME = { ok: 0, authenticationFailed: 1, temporaryFailure: 4 } as const;

export interface SaslInit {
  readonly mechanism: string;
  readonly initialResponse: Uint8Array | undefined;
}

export function mechanismsFrame(mechanisms: readonly string[]): Uint8Array {
  return saslFrame((writer) => {
    writer.described(DESCRIPTOR.mechanisms);
    const mark = writer.beginList();
    writer.symbolArray(mechanisms);
    writer.end(mark, 1);
  });
}

export function challengeFrame(challenge: Uint8Array): Uint8Array {
  return saslFrame((writer) => {
    writer.described(DESCRIPTOR.challenge);
    const mark = writer.beginList();
    writer.binary(challenge);
    writer.end(mark, 1);
  });
}

export function outcomeFrame(code: number): Uint8Array {
  return saslFrame((writer) => {
    writer.described(DESCRIPTOR.outcome);
    const mark = writer.beginList();
    writer.ubyte(code);
    writer.end(mark, 1);
  });
}

export function readSaslResponse(frame: Frame): Uint8Array {
  const reader = new AmqpReader(frame.bytes, frame.bodyAt, frame.end);
  const descriptor = frame.type === FRAME_TYPE.sasl ? reader.readDescriptor() : undefined;
  if (descriptor !== DESCRIPTOR.response && descriptor !== RESPONSE_NAME) {
    throw new AmqpFault("connection", "amqp:not-allowed", "A sasl-response frame is expected");
  }
  const fields = new FieldReader(reader);
  const response = fields.binary() ?? new Uint8Array();
  fields.close();
  return response;
}

export function readSaslInit(frame: Frame): SaslInit {
  const reader = new AmqpReader(frame.bytes, frame.bodyAt, frame.end);
  const descriptor = frame.type === FRAME_TYPE.sasl ? reader.readDescriptor() : undefined;
  if (descriptor !== DESCRIPTOR.init && descriptor !== INIT_NAME) {
    throw new AmqpFault("connection", "amqp:not-allowed", "A sasl-init frame is expected");
  }
  const fields = new FieldReader(reader);
  const mechanism = fields.string() ?? "";
  const initialResponse = fields.binary();
  fields.close();
  return { mechanism, initialResponse };
}

function saslFrame(writeBody: (writer: AmqpWriter) => void): Uint8Array {
  const writer = new AmqpWriter();
  writer.uint32(0);
  writer.byte(2);
  writer.byte(FRAME_TYPE.sasl);
  writer.byte(0);
  writer.byte(0);
  writeBody(writer);
  writer.uint32At(0, writer.at);
  return writer.written;
}
