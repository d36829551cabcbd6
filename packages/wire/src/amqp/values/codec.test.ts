import fc from "fast-check";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { AmqpReader } from "./amqp-reader.ts";
import type { AmqpValue } from "./amqp-value.ts";
import { AmqpDecodeError } from "./amqp-value.ts";
import { AmqpWriter } from "./amqp-writer.ts";
import { messageIdText, readMessage } from "../messages/message.ts";

type Write = (writer: AmqpWriter) => void;

function written(write: Write): Uint8Array {
  const writer = new AmqpWriter(1);
  write(writer);
  return writer.written;
}

/** What an independent decoder makes of it. */
function decodedByRhea(encoded: Uint8Array): unknown {
  const message = Buffer.concat([Buffer.from("005377", "hex"), encoded]);
  return rhea.message.decode(message).body;
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 600 });

interface Sample {
  readonly write: Write;
  /** What it is read as. */
  readonly read: AmqpValue;
}

function sample<T>(
  values: fc.Arbitrary<T>,
  write: (writer: AmqpWriter, value: T) => void,
  read: (value: T) => AmqpValue,
): fc.Arbitrary<Sample> {
  return values.map((value) => ({
    write: (writer) => write(writer, value),
    read: read(value),
  }));
}

const same = <T extends AmqpValue>(value: T): T => value;

const scalar: fc.Arbitrary<Sample> = fc.oneof(
  sample(fc.constant(null), (writer) => writer.null(), same),
  sample(fc.boolean(), (writer, value) => writer.boolean(value), same),
  sample(fc.nat(255), (writer, value) => writer.ubyte(value), same),
  sample(fc.nat(65_535), (writer, value) => writer.ushort(value), same),
  sample(fc.integer({ min: 0, max: 0xffff_ffff }), (writer, value) => writer.uint(value), same),
  sample(fc.integer(), (writer, value) => writer.int(value), same),
  sample(int64, (writer, value) => writer.long(value), same),
  sample(fc.maxSafeInteger(), (writer, value) => writer.long(value), BigInt),
  sample(uint64, (writer, value) => writer.ulong(value), same),
  sample(fc.double(), (writer, value) => writer.double(value), same),
  sample(
    fc.maxSafeInteger(),
    (writer, timeMs) => writer.timestamp(timeMs),
    (timeMs) => ({ kind: "timestamp", timeMs }),
  ),
  sample(fc.uint8Array({ maxLength: 300 }), (writer, value) => writer.binary(value), same),
  sample(text, (writer, value) => writer.string(value), same),
  sample(
    fc.string({ unit: "grapheme-ascii", maxLength: 300 }),
    (writer, value) => writer.symbol(value),
    same,
  ),
  sample(
    fc.uuid(),
    (writer, value) => writer.uuid(Buffer.from(value.replaceAll("-", ""), "hex")),
    same,
  ),
  sample(fc.array(text, { maxLength: 5 }), (writer, value) => writer.stringArray(value), same),
);

describe("a value that was written", () => {
  test("is read as it was", () => {
    fc.assert(
      fc.property(scalar, ({ write, read }) => {
        const reader = new AmqpReader(written(write));
        expect(reader.readValue()).toEqual(read);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  test("can be passed over without being read", () => {
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 5 }), (values) => {
        const encoded = written((writer) => {
          const mark = writer.beginList();
          for (const { write } of values) write(writer);
          writer.end(mark, values.length);
        });
        const whole = new AmqpReader(encoded);
        whole.skipValue();
        expect(whole.isAtEnd).toBe(true);
        const inside = new AmqpReader(encoded);
        const { count } = inside.openList();
        expect(count).toBe(values.length);
        for (const { write } of values) {
          expect(Buffer.from(inside.readEncoded())).toEqual(Buffer.from(written(write)));
        }
      }),
    );
  });

  test("is read in lists, maps and under descriptors", () => {
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 8 }), (values) => {
        const list = written((writer) => {
          writer.described(0x77);
          const mark = writer.beginList();
          for (const { write } of values) write(writer);
          writer.end(mark, values.length);
        });
        expect(new AmqpReader(list).readValue()).toEqual({
          kind: "described",
          descriptor: 0x77n,
          value: values.map(({ read }) => read),
        });
        const map = written((writer) => {
          const mark = writer.beginMap();
          for (const [index, { write }] of values.entries()) {
            writer.symbol(`key ${index}`);
            write(writer);
          }
          writer.end(mark, values.length * 2);
        });
        const entries = values.map(({ read }, index) => [`key ${index}`, read] as const);
        expect(new AmqpReader(map).readValue()).toEqual(new Map<AmqpValue, AmqpValue>(entries));
      }),
    );
  });

  test("means the same to an independent decoder", () => {
    const agree = (write: Write, value: unknown) =>
      expect(decodedByRhea(written(write))).toEqual(value);
    fc.assert(
      fc.property(
        fc.record({
          text,
          int: fc.integer(),
          long: fc.maxSafeInteger(),
          double: fc.double({ noNaN: true }),
          bytes: fc.uint8Array({ maxLength: 300 }),
          texts: fc.array(text, { maxLength: 4 }),
          timeMs: fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 }),
        }),
        (values) => {
          agree((writer) => writer.string(values.text), values.text);
          agree((writer) => writer.int(values.int), values.int);
          agree((writer) => writer.long(values.long), values.long);
          agree((writer) => writer.double(values.double), values.double);
          agree((writer) => writer.binary(values.bytes), Buffer.from(values.bytes));
          agree((writer) => writer.stringArray(values.texts), values.texts);
          agree((writer) => writer.timestamp(values.timeMs), new Date(values.timeMs));
        },
      ),
    );
  });

  test("that is no ASCII cannot be a symbol", () => {
    const encoded = written((writer) => writer.symbol("a😀é"));
    expect(new AmqpReader(encoded).readValue()).toBe("a??");
  });
});

describe("bytes that are no value", () => {
  test("are refused or read, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const read of [
          () => new AmqpReader(bytes).readValue(),
          () => new AmqpReader(bytes).skipValue(),
          () => readMessage(bytes),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(AmqpDecodeError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("and end before a value does are refused at every place", () => {
    fc.assert(
      fc.property(scalar, ({ write }) => {
        const encoded = written((writer) => {
          const mark = writer.beginList();
          write(writer);
          writer.end(mark, 1);
        });
        for (let length = 0; length < encoded.length; length++) {
          expect(() => new AmqpReader(encoded, 0, length).readValue()).toThrow(AmqpDecodeError);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["an array of more elements than bytes", "f00000000600ffffff71"],
    ["an array of a billion nulls", "f0000000063fffffff40"],
    ["a list of more elements than bytes", "d00000000400ffffff"],
    ["a list that ends early", "c0040140a10161"],
    ["a map with a key and no value", "c1020140"],
    ["a size without a count", "c000"],
    ["values nested without end", "00".repeat(100)],
    ["lists nested without end", "c0ff01".repeat(80)],
  ])("such as %s are refused", (_, hex) => {
    expect(() => new AmqpReader(Buffer.from(hex, "hex")).readValue()).toThrow(AmqpDecodeError);
  });
});

describe("a message", () => {
  test("of an independent encoder is read section by section", () => {
    const message = readMessage(
      rhea.message.encode({
        durable: true,
        message_annotations: { "dt-subject": "thermostat" },
        message_id: "m",
        user_id: Buffer.from("u") as unknown as string,
        to: "/devices/d/messages/events",
        reply_to: "r",
        correlation_id: "c",
        content_type: "application/json",
        content_encoding: "utf-8",
        absolute_expiry_time: new Date(1000) as unknown as number,
        application_properties: { text: "a", number: 5, large: 2 ** 40, no: false, half: 0.5 },
        body: rhea.message.data_sections([Buffer.from("one"), Buffer.from("two")]) as unknown,
      }),
    );
    expect(message.properties).toMatchObject({
      to: "/devices/d/messages/events",
      replyTo: "r",
      contentType: "application/json",
      contentEncoding: "utf-8",
      absoluteExpiryTime: { kind: "timestamp", timeMs: 1000 },
    });
    expect(messageIdText(message.properties.messageId!)).toBe("m");
    expect(messageIdText(message.properties.correlationId!)).toBe("c");
    expect(message.messageAnnotations).toEqual(new Map([["dt-subject", "thermostat"]]));
    expect(message.applicationProperties).toEqual(
      new Map<string, unknown>([
        ["text", "a"],
        ["number", 5],
        ["large", 2n ** 40n],
        ["no", false],
        ["half", 0.5],
      ]),
    );
    expect(message.data.map((data) => Buffer.from(data).toString())).toEqual(["one", "two"]);
    expect(message.value).toBeUndefined();
  });

  test("may have its sections in any order", () => {
    const data = Buffer.from("005375a00161", "hex");
    const annotations = Buffer.from("005372c10702a30161a10162", "hex");
    const message = readMessage(Buffer.concat([data, annotations]));
    expect(message.messageAnnotations).toEqual(new Map([["a", "b"]]));
    expect(message.data).toHaveLength(1);
  });

  test.each<[string, Write, string | undefined]>([
    ["a string", (writer) => writer.string("x"), "x"],
    ["a ulong", (writer) => writer.ulong(2n ** 63n), "9223372036854775808"],
    [
      "a uuid",
      (writer) => writer.uuid(Buffer.from("00112233445566778899aabbccddeeff", "hex")),
      "00112233-4455-6677-8899-aabbccddeeff",
    ],
    ["a binary", (writer) => writer.binary(Uint8Array.of(1)), undefined],
  ])("with an id that is %s has a text for it", (_, write, expected) => {
    expect(messageIdText(written(write))).toBe(expected);
  });
});
