import { readAmqpError } from "./amqp-error.ts";
import { AmqpReader } from "../values/amqp-reader.ts";
import { AmqpDecodeError } from "../values/amqp-value.ts";
import { FieldReader } from "../values/field-reader.ts";
import { DESCRIPTOR } from "./performatives.ts";
import type { Performative, PerformativeName } from "./performatives.ts";
import { readTerminus } from "./terminus.ts";

const UINT_MAX = 0xffff_ffff;
const USHORT_MAX = 0xffff;

const NAMES = new Map<number | string, PerformativeName>(
  (Object.entries(DESCRIPTOR) as [PerformativeName, number][]).flatMap(([name, code]) => [
    [code, name],
    [`amqp:${name}:list`, name],
  ]),
);

/** Reads the performative at the start of a frame's body and leaves the reader at the payload. */
export function readPerformative(reader: AmqpReader): Performative {
  const name = NAMES.get(reader.readDescriptor());
  if (name === undefined) throw new AmqpDecodeError("A performative is not known");
  const fields = new FieldReader(reader);
  const performative = READERS[name](fields);
  fields.close();
  return performative;
}

const READERS: Record<PerformativeName, (fields: FieldReader) => Performative> = {
  open(fields) {
    const open = {
      containerId: required(fields.string()),
      hostName: fields.string(),
      frameBytesMax: fields.number() ?? UINT_MAX,
      channelMax: fields.number() ?? USHORT_MAX,
      idleTimeoutMs: fields.number(),
    };
    for (let i = 0; i < 4; i++) fields.skip(); // locales, capabilities
    return { kind: "open", ...open, properties: fields.map() };
  },

  begin: (fields) => ({
    kind: "begin",
    remoteChannel: fields.number(),
    nextOutgoingId: required(fields.number()),
    incomingWindow: required(fields.number()),
    outgoingWindow: required(fields.number()),
    handleMax: fields.number() ?? UINT_MAX,
  }),

  attach(fields) {
    const attach = {
      name: required(fields.string()),
      handle: required(fields.number()),
      isReceiver: fields.boolean(),
      senderSettleMode: fields.number() ?? 2,
      receiverSettleMode: fields.number() ?? 0,
      source: optional(fields.encoded(), readTerminus),
      target: optional(fields.encoded(), readTerminus),
    };
    fields.skip(); // unsettled
    fields.skip(); // incomplete-unsettled
    const initialDeliveryCount = fields.number() ?? 0;
    const messageBytesMax = fields.bigint();
    fields.skip(); // offered-capabilities
    const desiredCapabilities = fields.symbols();
    const properties = fields.map();
    return {
      kind: "attach",
      ...attach,
      initialDeliveryCount,
      messageBytesMax,
      desiredCapabilities,
      properties,
    };
  },

  flow: (fields) => ({
    kind: "flow",
    nextIncomingId: fields.number(),
    incomingWindow: required(fields.number()),
    nextOutgoingId: required(fields.number()),
    outgoingWindow: required(fields.number()),
    handle: fields.number(),
    deliveryCount: fields.number(),
    linkCredit: fields.number(),
    // The number of messages available follows; nobody needs it.
    isDraining: (fields.skip(), fields.boolean()),
    wantsEcho: fields.boolean(),
  }),

  transfer(fields) {
    const transfer = {
      handle: required(fields.number()),
      deliveryId: fields.number(),
      deliveryTag: fields.binary(),
      messageFormat: fields.number(),
      isSettled: fields.boolean(),
      hasMore: fields.boolean(),
    };
    fields.skip(); // rcv-settle-mode
    fields.skip(); // state
    fields.skip(); // resume
    return { kind: "transfer", ...transfer, isAborted: fields.boolean() };
  },

  disposition(fields) {
    const isReceiver = fields.boolean();
    const first = required(fields.number());
    return {
      kind: "disposition",
      isReceiver,
      first,
      last: fields.number() ?? first,
      isSettled: fields.boolean(),
      state: fields.encoded(),
    };
  },

  detach: (fields) => ({
    kind: "detach",
    handle: required(fields.number()),
    isClosed: fields.boolean(),
    error: optional(fields.encoded(), (encoded) => readAmqpError(new AmqpReader(encoded))),
  }),

  end: (fields) => ({
    kind: "end",
    error: optional(fields.encoded(), (encoded) => readAmqpError(new AmqpReader(encoded))),
  }),

  close: (fields) => ({
    kind: "close",
    error: optional(fields.encoded(), (encoded) => readAmqpError(new AmqpReader(encoded))),
  }),
};

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new AmqpDecodeError("A mandatory field is missing");
  return value;
}

function optional<T>(
  encoded: Uint8Array | undefined,
  read: (encoded: Uint8Array) => T,
): T | undefined {
  return encoded === undefined ? undefined : read(encoded);
}
