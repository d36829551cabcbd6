import type { AmqpErrorFields } from "./amqp-error.ts";
import { writeAmqpError } from "./amqp-error.ts";
import type { AmqpWriter } from "../values/amqp-writer.ts";
import { DESCRIPTOR } from "./performatives.ts";

// Every field is written, the absent ones as null: one client takes a frame for as long as its table of
// fields says, whatever the length of the list.

/** What this side says in an open frame. */
export interface OpenFields {
  readonly containerId: string;
  readonly frameBytesMax: number;
  readonly channelMax: number;
  readonly idleTimeoutMs: number;
}

export interface BeginFields {
  readonly remoteChannel: number;
  readonly nextOutgoingId: number;
  readonly incomingWindow: number;
  readonly outgoingWindow: number;
  readonly handleMax: number;
}

export interface AttachFields {
  readonly name: string;
  readonly handle: number;
  /** This side receives on the link. */
  readonly isReceiver: boolean;
  readonly senderSettleMode: number;
  readonly receiverSettleMode: number;
  /** Encoded; undefined writes null, which tells the peer that the link is refused. */
  readonly source: Uint8Array | undefined;
  readonly target: Uint8Array | undefined;
  readonly messageBytesMax: number;
  readonly offeredCapabilities: readonly string[];
}

export interface FlowFields {
  readonly nextIncomingId: number;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
  readonly link?: {
    readonly handle: number;
    readonly deliveryCount: number;
    readonly linkCredit: number;
    readonly isDraining: boolean;
  };
}

export interface TransferFields {
  readonly handle: number;
  readonly deliveryId: number;
  readonly deliveryTag: Uint8Array;
  readonly messageFormat: number;
  readonly isSettled: boolean;
  readonly hasMore: boolean;
}

export interface DispositionFields {
  /** This side speaks as the receiver of the deliveries. */
  readonly isReceiver: boolean;
  readonly first: number;
  readonly last: number;
  readonly isSettled: boolean;
  /** Encoded. */
  readonly state: Uint8Array | undefined;
}

export function writeOpen(writer: AmqpWriter, fields: OpenFields): void {
  writer.described(DESCRIPTOR.open);
  const mark = writer.beginList();
  writer.string(fields.containerId);
  writer.null(); // hostname
  writer.uint(fields.frameBytesMax);
  writer.ushort(fields.channelMax);
  writer.uint(fields.idleTimeoutMs);
  writeNulls(writer, 5); // locales, capabilities, properties
  writer.end(mark, 10);
}

export function writeBegin(writer: AmqpWriter, fields: BeginFields): void {
  writer.described(DESCRIPTOR.begin);
  const mark = writer.beginList();
  writer.ushort(fields.remoteChannel);
  writer.uint(fields.nextOutgoingId);
  writer.uint(fields.incomingWindow);
  writer.uint(fields.outgoingWindow);
  writer.uint(fields.handleMax);
  writeNulls(writer, 3); // capabilities, properties
  writer.end(mark, 8);
}

export function writeAttach(writer: AmqpWriter, fields: AttachFields): void {
  writer.described(DESCRIPTOR.attach);
  const mark = writer.beginList();
  writer.string(fields.name);
  writer.uint(fields.handle);
  writer.boolean(fields.isReceiver);
  writer.ubyte(fields.senderSettleMode);
  writer.ubyte(fields.receiverSettleMode);
  writeEncoded(writer, fields.source);
  writeEncoded(writer, fields.target);
  writer.null(); // unsettled
  writer.null(); // incomplete-unsettled
  if (fields.isReceiver) writer.null();
  else writer.uint(0); // initial-delivery-count
  writer.ulong(fields.messageBytesMax);
  if (fields.offeredCapabilities.length === 0) writer.null();
  else writer.symbolArray(fields.offeredCapabilities);
  writeNulls(writer, 2); // desired-capabilities, properties
  writer.end(mark, 14);
}

export function writeFlow(writer: AmqpWriter, fields: FlowFields): void {
  writer.described(DESCRIPTOR.flow);
  const mark = writer.beginList();
  writer.uint(fields.nextIncomingId);
  writer.uint(fields.incomingWindow);
  writer.uint(fields.nextOutgoingId);
  writer.uint(fields.outgoingWindow);
  if (fields.link === undefined) {
    writeNulls(writer, 3);
  } else {
    writer.uint(fields.link.handle);
    writer.uint(fields.link.deliveryCount);
    writer.uint(fields.link.linkCredit);
  }
  writer.null(); // available
  writer.boolean(fields.link?.isDraining ?? false);
  writer.boolean(false); // echo
  writer.null(); // properties
  writer.end(mark, 11);
}

export function writeTransfer(writer: AmqpWriter, fields: TransferFields): void {
  writer.described(DESCRIPTOR.transfer);
  const mark = writer.beginList();
  writer.uint(fields.handle);
  writer.uint(fields.deliveryId);
  writer.binary(fields.deliveryTag);
  writer.uint(fields.messageFormat);
  writer.boolean(fields.isSettled);
  writer.boolean(fields.hasMore);
  writeNulls(writer, 5); // rcv-settle-mode, state, resume, aborted, batchable
  writer.end(mark, 11);
}

export function writeDisposition(writer: AmqpWriter, fields: DispositionFields): void {
  writer.described(DESCRIPTOR.disposition);
  const mark = writer.beginList();
  writer.boolean(fields.isReceiver);
  writer.uint(fields.first);
  writer.uint(fields.last);
  writer.boolean(fields.isSettled);
  writeEncoded(writer, fields.state);
  writer.null(); // batchable
  writer.end(mark, 6);
}

export function writeDetach(
  writer: AmqpWriter,
  handle: number,
  error: AmqpErrorFields | undefined,
): void {
  writer.described(DESCRIPTOR.detach);
  const mark = writer.beginList();
  writer.uint(handle);
  writer.boolean(true); // closed
  if (error === undefined) writer.null();
  else writeAmqpError(writer, error);
  writer.end(mark, 3);
}

export function writeEnd(writer: AmqpWriter, error: AmqpErrorFields | undefined): void {
  writeEnding(writer, DESCRIPTOR.end, error);
}

export function writeClose(writer: AmqpWriter, error: AmqpErrorFields | undefined): void {
  writeEnding(writer, DESCRIPTOR.close, error);
}

function writeEnding(writer: AmqpWriter, code: number, error: AmqpErrorFields | undefined): void {
  writer.described(code);
  const mark = writer.beginList();
  if (error === undefined) writer.null();
  else writeAmqpError(writer, error);
  writer.end(mark, 1);
}

function writeNulls(writer: AmqpWriter, count: number): void {
  for (let i = 0; i < count; i++) writer.null();
}

function writeEncoded(writer: AmqpWriter, encoded: Uint8Array | undefined): void {
  if (encoded === undefined) writer.null();
  else writer.raw(encoded);
}
