import type { EventOrigin, Message, MessageProperties, PropertyValue } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import fc from "fast-check";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { measureDelivery, writeDelivery } from "./event-delivery.ts";
import { createEventEncoder } from "./event-encoder.ts";
import {
  iterateRecords,
  recordEnd,
  recordEnqueuedAtMs,
  REFERENCE_BYTES_MAX,
  referredRecord,
  refersBack,
} from "./event-record.ts";

const BODY = new Uint8Array(100);

const text = fc.string({ unit: "grapheme", maxLength: 300 });
const plainText = fc.string({ unit: "grapheme-ascii", maxLength: 300 });
const key = text.filter((name) => name !== "__proto__");
const timeMs = fc.integer({ min: 0, max: 253_402_300_799_999 });

const value: fc.Arbitrary<PropertyValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const properties: fc.Arbitrary<MessageProperties> = fc
  .tuple(
    fc.record(
      {
        messageId: text,
        correlationId: text,
        userId: text,
        to: text,
        contentType: plainText,
        contentEncoding: plainText,
        expiresAtMs: timeMs,
        creationTime: text,
        outputName: text,
        interfaceId: text,
        componentName: text,
        messageSchema: text,
      },
      { requiredKeys: [] },
    ),
    fc.array(fc.tuple(key, value), { maxLength: 8 }),
  )
  .map(([system, application]) => messageProperties(system, new Map(application)));

const origin: fc.Arbitrary<EventOrigin> = fc.record({
  source: fc.constantFrom("Telemetry", "twinChangeEvents"),
  identity: fc.record({ deviceId: text, moduleId: fc.option(text, { nil: undefined }) }),
  generationId: fc.option(plainText, { nil: undefined }),
  authMethod: fc.option(
    fc.record({
      scope: fc.constantFrom("device", "hub", "module"),
      type: fc.constantFrom("sas", "x509"),
    }),
    { nil: undefined },
  ),
  modelId: fc.option(text, { nil: undefined }),
});

const messages: fc.Arbitrary<Message[]> = fc
  .array(properties, { minLength: 1, maxLength: 8 })
  .chain((shared) =>
    fc.array(
      fc.record({
        properties: fc.constantFrom(...shared),
        body: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 700 })),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  );

describe("an event that was encoded", () => {
  const encoder = createEventEncoder();

  test("takes exactly the bytes that were measured and touches no others", () => {
    fc.assert(
      fc.property(origin, messages, timeMs, fc.nat(100), (of, sent, enqueuedAtMs, at) => {
        const bytes = encoder.measure(of, sent);
        const target = new Uint8Array(at + bytes + 10).fill(0xee);
        expect(encoder.encode(of, sent, enqueuedAtMs, target, at)).toBe(at + bytes);
        expect(target.subarray(0, at).every((byte) => byte === 0xee)).toBe(true);
        expect(target.subarray(at + bytes).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  test("begins with its length and its time", () => {
    fc.assert(
      fc.property(origin, messages, timeMs, (of, sent, enqueuedAtMs) => {
        const records = encode(of, sent, enqueuedAtMs);
        const view = new DataView(records.buffer);
        const starts = [...iterateRecords(records)];
        expect(starts).toHaveLength(sent.length);
        for (const at of starts) {
          expect(recordEnd(records, at)).toBe(at + 4 + (view.getUint32(at) & 0x7fff_ffff));
          expect(view.getFloat64(at + 4)).toBe(enqueuedAtMs);
          expect(recordEnqueuedAtMs(records, at)).toBe(enqueuedAtMs);
        }
      }),
    );
  });

  test("reaches a reader as an independent decoder expects it", () => {
    fc.assert(
      fc.property(
        origin,
        messages,
        timeMs,
        fc.maxSafeInteger().filter((position) => position >= 0),
        (of, sent, enqueuedAtMs, firstPosition) => {
          const records = encode(of, sent, enqueuedAtMs);
          let index = 0;
          for (const at of iterateRecords(records)) {
            const position = Math.min(firstPosition + index, Number.MAX_SAFE_INTEGER);
            const message = sent[index++]!;
            const payload = deliver(records, at, position);
            const decoded = rhea.message.decode(payload) as unknown as Record<string, unknown>;
            expect(decoded).toEqual(expected(of, message, enqueuedAtMs, position));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("costs its body and little else while nothing but the body changes", () => {
    const shared = messageProperties({ contentType: "text/plain" }, new Map());
    const sent = Array.from({ length: 100 }, () => ({ properties: shared, body: BODY }));
    const first = encoder.measure(originOf("a"), sent.slice(0, 1));
    expect(first).toBeGreaterThan(250);
    const all = encoder.measure(originOf("a"), sent);
    expect(all - first).toBe(99 * (20 + 2 + BODY.length));
  });

  test("refers no further back than a row may be longer than it should", () => {
    const shared = messageProperties({ contentType: "text/plain" }, new Map());
    const body = new Uint8Array(10_000);
    const sent = Array.from({ length: 50 }, () => ({ properties: shared, body }));
    const records = encode(originOf("a"), sent, 1);
    let lastComplete = 0;
    for (const at of iterateRecords(records)) {
      if (!refersBack(records, at)) lastComplete = at;
      else expect(referredRecord(records, at)).toBe(lastComplete);
      expect(at - lastComplete).toBeLessThanOrEqual(REFERENCE_BYTES_MAX);
    }
    expect(lastComplete).toBeGreaterThan(400_000);
  });

  test("is not mistaken for an earlier one of the same properties from another device", () => {
    const shared = messageProperties({ contentType: "text/plain" }, new Map());
    const message = { properties: shared, body: Uint8Array.of(1) };
    const names = ["a", "b", "a"].map((deviceId) => {
      const records = encode(originOf(deviceId), [message], 1);
      const decoded = rhea.message.decode(deliver(records, 0, 0));
      return (decoded.message_annotations as Record<string, unknown>)[
        "iothub-connection-device-id"
      ];
    });
    expect(names).toEqual(["a", "b", "a"]);
  });

  function encode(of: EventOrigin, sent: Message[], enqueuedAtMs: number): Uint8Array {
    const target = new Uint8Array(encoder.measure(of, sent));
    encoder.encode(of, sent, enqueuedAtMs, target, 0);
    return target;
  }
});

function originOf(deviceId: string): EventOrigin {
  return {
    source: "Telemetry",
    identity: { deviceId },
    generationId: "1",
    authMethod: { scope: "device", type: "sas" },
    modelId: undefined,
  };
}

function deliver(records: Uint8Array, at: number, position: number): Buffer {
  const length = measureDelivery(records, at, position);
  const target = Buffer.alloc(length);
  expect(writeDelivery(records, at, position, target, 0)).toBe(length);
  return target;
}

function expected(of: EventOrigin, message: Message, enqueuedAtMs: number, position: number) {
  const { system, application } = message.properties;
  const { messageSchema, outputName } = system;
  const time = new Date(enqueuedAtMs);
  const applicationProperties = withoutUndefined({
    "iothub-message-schema": messageSchema,
    "iothub-outputname": outputName,
    ...Object.fromEntries(application),
  });
  return withoutUndefined({
    message_annotations: withoutUndefined({
      "x-opt-sequence-number": position,
      "x-opt-offset": String(position),
      "x-opt-enqueued-time": time,
      "iothub-enqueuedtime": time,
      "iothub-connection-device-id": of.identity.deviceId,
      "iothub-connection-module-id": of.identity.moduleId,
      "iothub-connection-auth-method":
        of.authMethod &&
        JSON.stringify({ ...of.authMethod, issuer: "iothub", acceptingIpFilterRule: null }),
      "iothub-connection-auth-generation-id": of.generationId,
      "iothub-message-source": of.source,
      "dt-dataschema": of.modelId,
      "dt-subject": system.componentName,
      "iothub-interface-id": system.interfaceId,
      "iothub-creation-time-utc": system.creationTime,
    }),
    message_id: system.messageId,
    user_id: system.userId === undefined ? undefined : Buffer.from(system.userId),
    to: system.to,
    correlation_id: system.correlationId,
    content_type: system.contentType,
    content_encoding: system.contentEncoding,
    absolute_expiry_time:
      system.expiresAtMs === undefined ? undefined : new Date(system.expiresAtMs),
    application_properties:
      Object.keys(applicationProperties).length === 0 ? undefined : applicationProperties,
    body: { typecode: 0x75, content: Buffer.from(message.body), multiple: undefined },
  });
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
}
