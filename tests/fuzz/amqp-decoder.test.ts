// Throws a million hostile inputs at everything that reads an AMQP client's bytes. Each is made from a
// seed, so that a failure names the input that caused it.
import {
  AmqpDecodeError,
  AmqpReader,
  AmqpWriter,
  messageIdText,
  parseEventFilter,
  parseLinkAddress,
  parsePlainResponse,
  parseSaslUser,
  parseSelector,
  readMessage,
  readOutcome,
  readPerformative,
  writeAttach,
  writeBegin,
  writeDetach,
  writeDisposition,
  writeFlow,
  writeOpen,
  writeTransfer,
} from "@larimar/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomOf } from "./seeded-random.ts";

const INPUTS = 1_000_000;
/** A slow machine tries fewer. */
const BUDGET_MS = 40_000;
const INPUTS_BETWEEN_LOOKS = 10_000;
/** Texts are read from frames, too; as they are, only some inputs are. */
const TEXTS_EVERY = 8;

function written(write: (writer: AmqpWriter) => void): Uint8Array {
  const writer = new AmqpWriter();
  write(writer);
  return writer.written;
}

const source = written((writer) => {
  writer.described(0x28);
  const list = writer.beginList();
  writer.string("local/ConsumerGroups/$Default/Partitions/0");
  for (let i = 0; i < 6; i++) writer.null();
  const map = writer.beginMap();
  writer.symbol("apache.org:selector-filter:string");
  writer.byte(0x00);
  writer.ulong(0x468c_0000_0004);
  writer.string("amqp.annotation.x-opt-offset > '12'");
  writer.end(map, 2);
  writer.end(list, 8);
});

const message = written((writer) => {
  writer.described(0x72);
  const annotations = writer.beginMap();
  writer.symbol("dt-subject");
  writer.string("thermostat");
  writer.end(annotations, 2);
  writer.described(0x73);
  const properties = writer.beginList();
  writer.uuid(new Uint8Array(16));
  writer.binary(Uint8Array.of(1, 2));
  writer.string("$cbs");
  writer.null();
  writer.string("reply");
  writer.end(properties, 5);
  writer.described(0x74);
  const application = writer.beginMap();
  writer.string("operation");
  writer.string("put-token");
  writer.string("count");
  writer.long(5);
  writer.end(application, 4);
  writer.described(0x75);
  writer.binary(new Uint8Array(30));
  writer.described(0x77);
  writer.stringArray(["a", "b"]);
});

/** Valid frames and messages: what is broken in one place only gets furthest. */
const WHOLE: readonly Uint8Array[] = [
  message,
  source,
  written((writer) =>
    writeOpen(writer, {
      containerId: "c",
      frameBytesMax: 65_536,
      channelMax: 8191,
      idleTimeoutMs: 240_000,
    }),
  ),
  written((writer) =>
    writeBegin(writer, {
      remoteChannel: 1,
      nextOutgoingId: 0,
      incomingWindow: 5000,
      outgoingWindow: 5000,
      handleMax: 10,
    }),
  ),
  written((writer) =>
    writeAttach(writer, {
      name: "link",
      handle: 1,
      isReceiver: true,
      senderSettleMode: 0,
      receiverSettleMode: 1,
      source,
      target: undefined,
      messageBytesMax: 1_048_576,
      offeredCapabilities: ["a"],
    }),
  ),
  written((writer) =>
    writeFlow(writer, {
      nextIncomingId: 1,
      incomingWindow: 5,
      nextOutgoingId: 7,
      outgoingWindow: 9,
      link: { handle: 3, deliveryCount: 4, linkCredit: 500, isDraining: true },
    }),
  ),
  written((writer) => {
    writeTransfer(writer, {
      handle: 1,
      deliveryId: 300,
      deliveryTag: Uint8Array.of(1, 2, 3),
      messageFormat: 0,
      isSettled: false,
      hasMore: false,
    });
    writer.raw(message);
  }),
  written((writer) =>
    writeDisposition(writer, {
      isReceiver: true,
      first: 1,
      last: 70_000,
      isSettled: true,
      state: Uint8Array.of(0x00, 0x53, 0x24, 0x45),
    }),
  ),
  written((writer) =>
    writeDetach(writer, 5, {
      condition: "amqp:not-found",
      description: "gone",
      info: new Map([["port", 5671]]),
    }),
  ),
];

/** Beginnings that claim more than they bring. */
const PIECES: readonly Uint8Array[] = [
  [0x00, 0x53, 0x10],
  [0x00, 0x53, 0x14],
  [0x00, 0x53, 0x77],
  [0x00, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x12],
  [0xc0, 0xff, 0xff],
  [0xd0, 0xff, 0xff, 0xff, 0xff, 0x01, 0xc9, 0xc3, 0x80],
  [0xd0, 0, 0, 0, 0x40, 0, 0, 0, 0x3c],
  [0xf0, 0, 0, 0, 6, 0x0f, 0xff, 0xff, 0xff, 0x40],
  [0xe0, 0xff, 0xff, 0x45],
  [0xd1, 0, 0, 0, 0x20, 0, 0, 0, 7],
  [0x00, 0x00, 0x00, 0x00],
  [0xa1, 0xff],
  [0xb1, 0xff, 0xff, 0xff, 0xff],
  [0xa3, 0x04, 0xe2, 0x82, 0xac, 0x00],
  [0x73, 0xff, 0xff, 0xff, 0xff],
  [0x83, 0x80, 0, 0, 0, 0, 0, 0, 0],
].map((bytes) => Uint8Array.from(bytes));

function makeInput(random: () => number): Uint8Array {
  const whole = WHOLE[random() % WHOLE.length]!;
  if (random() % 4 === 0) {
    const parts = Array.from(
      { length: 1 + (random() % 8) },
      () => PIECES[random() % PIECES.length]!,
    );
    const rest = whole.subarray(random() % whole.length);
    return Buffer.concat([...parts, rest]);
  }
  const input = whole.slice(0, random() % 3 === 0 ? random() % (whole.length + 1) : whole.length);
  for (let flips = random() % 5; flips > 0 && input.length > 0; flips--) {
    input[random() % input.length] = random() & 0xff;
  }
  return input;
}

function allowDecodeError<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof AmqpDecodeError) return undefined;
    throw error;
  }
}

/** Returns how many of the readers understood the input. */
function feed(input: Uint8Array): number {
  const performative = allowDecodeError(() => readPerformative(new AmqpReader(input)));
  if (performative?.kind === "attach") {
    parseEventFilter(performative.source?.filter);
    parseLinkAddress(performative.source?.address ?? "");
  }
  const read = allowDecodeError(() => readMessage(input));
  const id = read?.properties.messageId;
  if (id !== undefined) allowDecodeError(() => messageIdText(id));
  const value = allowDecodeError(() => new AmqpReader(input).readValue());
  allowDecodeError(() => new AmqpReader(input).skipValue());
  allowDecodeError(() => readOutcome(input));
  return [performative, read, value].filter((result) => result !== undefined).length;
}

/** The same bytes as text, for what is read from texts. */
function readTexts(input: Uint8Array): void {
  const text = Buffer.from(input).toString("latin1");
  parseLinkAddress(text);
  parseSelector(text);
  parseSaslUser(text);
  parsePlainResponse(text);
}

// Most inputs end in an error: where each was made is not worth the time.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

test("no input makes the AMQP decoder throw anything but its own error", () => {
  const startedAtMs = performance.now();
  let inputs = 0;
  let understood = 0;
  while (inputs < INPUTS) {
    const seed = inputs++;
    const input = makeInput(randomOf(seed));
    try {
      understood += feed(input);
      if (seed % TEXTS_EVERY === 0) readTexts(input);
    } catch (error) {
      throw new Error(`input ${seed}: ${Buffer.from(input).toString("hex")}`, { cause: error });
    }
    if (inputs % INPUTS_BETWEEN_LOOKS !== 0) continue;
    if (performance.now() - startedAtMs > BUDGET_MS) break;
  }
  console.log(`AMQP decoder: ${inputs} inputs, ${understood} read by one of the readers`);
  // Inputs that are all thrown out at the first byte would prove nothing.
  expect(understood).toBeGreaterThan(inputs / 10);
  expect(inputs).toBeGreaterThan(0);
});

test("no input costs memory or time beyond its own size", () => {
  const before = process.memoryUsage().heapUsed;
  for (let seed = 0; seed < 20_000; seed++) {
    const random = randomOf(seed);
    const huge = PIECES[random() % PIECES.length]!;
    feed(Buffer.concat(Array.from({ length: 40 }, () => huge)));
  }
  const grown = process.memoryUsage().heapUsed - before;
  expect(grown).toBeLessThan(256 * 1024 * 1024);
});
