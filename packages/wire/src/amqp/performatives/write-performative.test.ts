import { describe, expect, test } from "vitest";
import { AmqpReader } from "../values/amqp-reader.ts";
import { AmqpWriter } from "../values/amqp-writer.ts";
import type { Performative } from "./performatives.ts";
import { readPerformative } from "./read-performative.ts";
import {
  writeAttach,
  writeBegin,
  writeClose,
  writeDetach,
  writeDisposition,
  writeEnd,
  writeFlow,
  writeOpen,
  writeTransfer,
} from "./write-performative.ts";

const ACCEPTED = Uint8Array.of(0x00, 0x53, 0x24, 0x45);

const ERROR = { condition: "amqp:not-found", description: "gone" };

const flow = { nextIncomingId: 1, incomingWindow: 2, nextOutgoingId: 3, outgoingWindow: 4 };

/** What is written, the number of its fields in the standard, and what it is read as. */
const PERFORMATIVES: readonly [
  name: string,
  fields: number,
  write: (writer: AmqpWriter) => void,
  read: object,
][] = [
  [
    "open",
    10,
    (writer) =>
      writeOpen(writer, {
        containerId: "c",
        frameBytesMax: 65_536,
        channelMax: 8191,
        idleTimeoutMs: 240_000,
      }),
    { containerId: "c", frameBytesMax: 65_536, channelMax: 8191, idleTimeoutMs: 240_000 },
  ],
  [
    "begin",
    8,
    (writer) =>
      writeBegin(writer, {
        remoteChannel: 7,
        nextOutgoingId: 1,
        incomingWindow: 5000,
        outgoingWindow: 0xffff_ffff,
        handleMax: 9,
      }),
    { remoteChannel: 7, nextOutgoingId: 1, outgoingWindow: 0xffff_ffff, handleMax: 9 },
  ],
  [
    "attach",
    14,
    (writer) =>
      writeAttach(writer, {
        name: "link",
        handle: 300,
        isReceiver: false,
        senderSettleMode: 1,
        receiverSettleMode: 0,
        source: undefined,
        target: Uint8Array.of(0x00, 0x53, 0x29, 0x45),
        messageBytesMax: 1_048_576,
        offeredCapabilities: [],
      }),
    { name: "link", handle: 300, isReceiver: false, senderSettleMode: 1, source: undefined },
  ],
  ["flow", 11, (writer) => writeFlow(writer, flow), { ...flow, handle: undefined }],
  [
    "flow",
    11,
    (writer) =>
      writeFlow(writer, {
        ...flow,
        link: { handle: 0, deliveryCount: 5, linkCredit: 6, isDraining: true },
      }),
    { ...flow, handle: 0, deliveryCount: 5, linkCredit: 6, isDraining: true, wantsEcho: false },
  ],
  [
    "transfer",
    11,
    (writer) =>
      writeTransfer(writer, {
        handle: 1,
        deliveryId: 2,
        deliveryTag: Uint8Array.of(3),
        messageFormat: 0,
        isSettled: true,
        hasMore: true,
      }),
    {
      handle: 1,
      deliveryId: 2,
      messageFormat: 0,
      isSettled: true,
      hasMore: true,
      isAborted: false,
    },
  ],
  [
    "disposition",
    6,
    (writer) =>
      writeDisposition(writer, {
        isReceiver: true,
        first: 1,
        last: 9,
        isSettled: true,
        state: ACCEPTED,
      }),
    { isReceiver: true, first: 1, last: 9, isSettled: true, state: ACCEPTED },
  ],
  [
    "detach",
    3,
    (writer) => writeDetach(writer, 4, ERROR),
    { handle: 4, isClosed: true, error: ERROR },
  ],
  ["detach", 3, (writer) => writeDetach(writer, 4, undefined), { handle: 4, error: undefined }],
  ["end", 1, (writer) => writeEnd(writer, undefined), { error: undefined }],
  ["close", 1, (writer) => writeClose(writer, ERROR), { error: ERROR }],
];

describe("a performative", () => {
  test.each(PERFORMATIVES)(
    "%s is written with all of its %d fields",
    (name, fields, write, read) => {
      const writer = new AmqpWriter();
      write(writer);
      const list = new AmqpReader(writer.written);
      list.readDescriptor();
      expect(list.openList().count).toBe(fields);
      const performative: Performative = readPerformative(new AmqpReader(writer.written));
      expect(performative).toMatchObject({ kind: name, ...read });
    },
  );

  test("says why in three fields, however little there is to say", () => {
    const writer = new AmqpWriter();
    writeClose(writer, { condition: "amqp:internal-error" });
    const close = new AmqpReader(writer.written).readValue();
    expect(close).toMatchObject({ value: [{ value: ["amqp:internal-error", null, null] }] });
  });

  test("may leave out what is at its end, and may have more than is known", () => {
    const short = Buffer.from("005311c0050440434343", "hex");
    expect(readPerformative(new AmqpReader(short))).toMatchObject({
      kind: "begin",
      handleMax: 0xffff_ffff,
    });
    const long = Buffer.from("005317c0050240a10161", "hex");
    expect(readPerformative(new AmqpReader(long))).toMatchObject({ kind: "end", error: undefined });
  });

  test("may be called by its name", () => {
    const named = Buffer.concat([
      Buffer.from("00a30d", "hex"),
      Buffer.from("amqp:end:list"),
      Buffer.of(0x45),
    ]);
    expect(readPerformative(new AmqpReader(named))).toEqual({ kind: "end", error: undefined });
  });
});
