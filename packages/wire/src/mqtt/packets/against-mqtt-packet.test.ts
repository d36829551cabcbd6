// An independent implementation reads what this one writes, and the other way round.
import fc from "fast-check";
import type { Packet } from "mqtt-packet";
import { generate, parser } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { PINGRESP, checkEmpty, decodePuback, writePuback } from "./acknowledgement-packets.ts";
import { encodeConnack } from "./connack-packet.ts";
import { decodeConnect } from "./connect-packet.ts";
import { cut, onePacket, readPackets } from "../fixtures/read-packets.fixture.ts";
import { createPublishView, decodePublish, encodePublish } from "./publish-packet.ts";
import {
  decodeSubscribe,
  decodeUnsubscribe,
  encodeSuback,
  encodeUnsuback,
} from "./subscribe-packet.ts";
import { decodeUtf8 } from "../utf8.ts";

const packetId = fc.integer({ min: 1, max: 0xffff });
const payload = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes));
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 200 })
  .filter((value) => !value.includes("\0"));
/** The other library refuses to write wildcards into topic names. */
const topic = text.filter((value) => !/[+#]/.test(value));

const connect = fc.record({
  clientId: text,
  clean: fc.boolean(),
  keepalive: fc.integer({ min: 0, max: 0xffff }),
  will: fc.option(
    fc.record({ topic, payload, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean() }),
    { nil: undefined },
  ),
  login: fc.option(fc.record({ username: text, password: payload }), { nil: undefined }),
});

function readBack(bytes: Uint8Array): Packet {
  const packets: Packet[] = [];
  const other = parser({ protocolVersion: 4 });
  other.on("packet", (packet) => packets.push(packet));
  other.on("error", (error) => {
    throw error;
  });
  other.parse(Buffer.from(bytes));
  expect(packets).toHaveLength(1);
  return packets[0]!;
}

describe("what the other library writes", () => {
  test("CONNECT is read as it was meant", () => {
    fc.assert(
      fc.property(connect, ({ clientId, clean, keepalive, will, login }) => {
        const bytes = generate({
          cmd: "connect",
          protocolId: "MQTT",
          protocolVersion: 4,
          clientId,
          clean,
          keepalive,
          ...login,
          ...(will === undefined ? {} : { will }),
        });
        expect(decodeConnect(onePacket(bytes))).toEqual({
          clientId,
          isCleanSession: clean,
          keepAliveSeconds: keepalive,
          username: login?.username,
          password: login?.password,
          will:
            will === undefined
              ? undefined
              : {
                  topic: will.topic,
                  payload: will.payload,
                  qos: will.qos,
                  isRetained: will.retain,
                },
        });
      }),
    );
  });

  test("PUBLISH is read as it was meant", () => {
    fc.assert(
      fc.property(
        topic,
        payload,
        fc.constantFrom(0, 1, 2),
        packetId,
        fc.boolean(),
        fc.boolean(),
        (name, body, qos, messageId, retain, isAgain) => {
          const dup = isAgain && qos > 0;
          const bytes = generate({
            cmd: "publish",
            topic: name,
            payload: body,
            qos,
            messageId,
            retain,
            dup,
          });
          const packet = onePacket(bytes);
          const view = createPublishView();
          decodePublish(packet, view);
          expect(decodeUtf8(packet.bytes, view.topicStart, view.topicEnd)).toBe(name);
          expect(Buffer.from(packet.bytes.subarray(view.payloadStart, view.payloadEnd))).toEqual(
            body,
          );
          expect(view).toMatchObject({
            qos,
            isRetained: retain,
            isDuplicate: dup,
            packetId: qos === 0 ? 0 : messageId,
          });
        },
      ),
    );
  });

  test("SUBSCRIBE, UNSUBSCRIBE and PUBACK are read as they were meant", () => {
    const filters = fc.array(fc.tuple(text, fc.constantFrom(0, 1, 2)), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(packetId, filters, (messageId, requested) => {
        const subscriptions = requested.map(([name, qos]) => ({
          topic: name,
          qos,
        }));
        const subscribe = generate({ cmd: "subscribe", messageId, subscriptions });
        expect(decodeSubscribe(onePacket(subscribe))).toEqual({
          packetId: messageId,
          requests: requested.map(([filter, qos]) => ({ filter, qos })),
        });
        const names = requested.map(([name]) => name);
        const unsubscribe = generate({ cmd: "unsubscribe", messageId, unsubscriptions: names });
        expect(decodeUnsubscribe(onePacket(unsubscribe))).toEqual({
          packetId: messageId,
          filters: names,
        });
        const puback = onePacket(generate({ cmd: "puback", messageId }));
        expect(decodePuback(puback)).toEqual({ packetId: messageId });
      }),
    );
  });

  test("PINGREQ and DISCONNECT have nothing in them", () => {
    for (const cmd of ["pingreq", "disconnect"] as const) {
      checkEmpty(onePacket(generate({ cmd })));
    }
    expect(readPackets([generate({ cmd: "pingreq" })])).toEqual([{ type: 12, flags: 0, body: [] }]);
  });

  test("a stream of it is read the same however it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(topic, payload, packetId), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (messages, places) => {
          const stream = Buffer.concat(
            messages.map(([name, body, messageId]) =>
              generate({
                cmd: "publish",
                topic: name,
                payload: body,
                qos: 1,
                messageId,
                retain: false,
                dup: false,
              }),
            ),
          );
          const packets = readPackets(cut(stream, places));
          expect(packets).toHaveLength(messages.length);
          for (const [index, [, body]] of messages.entries()) {
            expect(packets[index]?.body.slice(-body.length || Infinity)).toEqual([...body]);
          }
        },
      ),
    );
  });
});

describe("what this codec writes", () => {
  test.each([0, 1, 2, 3, 4, 5] as const)("CONNACK %i is read as it was meant", (returnCode) => {
    for (const isSessionPresent of [true, false]) {
      expect(readBack(encodeConnack({ returnCode, isSessionPresent }))).toMatchObject({
        cmd: "connack",
        returnCode,
        sessionPresent: isSessionPresent,
      });
    }
  });

  test("PUBLISH is read as it was meant", () => {
    fc.assert(
      fc.property(
        text,
        payload,
        fc.constantFrom(0 as const, 1 as const),
        packetId,
        fc.boolean(),
        (name, body, qos, id, isAgain) => {
          const isDuplicate = isAgain && qos === 1;
          const bytes = encodePublish({
            topic: name,
            payload: body,
            qos,
            packetId: id,
            isDuplicate,
          });
          expect(readBack(bytes)).toMatchObject({
            cmd: "publish",
            topic: name,
            payload: body,
            qos,
            retain: false,
            dup: isDuplicate,
            ...(qos === 1 ? { messageId: id } : {}),
          });
        },
      ),
    );
  });

  test("PUBACK, SUBACK, UNSUBACK and PINGRESP are read as they were meant", () => {
    const codes = fc.array(fc.constantFrom(0, 1, 0x80), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(packetId, codes, (messageId, granted) => {
        const puback = new Uint8Array(6);
        expect(writePuback(messageId, puback, 1)).toBe(5);
        expect(readBack(puback.subarray(1, 5))).toMatchObject({ cmd: "puback", messageId });
        expect(readBack(encodeSuback(messageId, granted))).toMatchObject({
          cmd: "suback",
          messageId,
          granted,
        });
        expect(readBack(encodeUnsuback(messageId))).toMatchObject({ cmd: "unsuback", messageId });
        expect(readBack(PINGRESP)).toMatchObject({ cmd: "pingresp" });
      }),
    );
  });
});
