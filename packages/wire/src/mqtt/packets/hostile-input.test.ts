import fc from "fast-check";
import { test } from "vitest";
import { checkEmpty, decodePuback } from "./acknowledgement-packets.ts";
import { decodeConnect } from "./connect-packet.ts";
import { cut } from "../fixtures/read-packets.fixture.ts";
import { MqttError } from "../mqtt-error.ts";
import { MqttPacketReader } from "./packet-reader.ts";
import type { MqttPacket } from "./packet-type.ts";
import { createPublishView, decodePublish } from "./publish-packet.ts";
import { decodeSubscribe, decodeUnsubscribe } from "./subscribe-packet.ts";

const view = createPublishView();
const decoders: readonly ((packet: MqttPacket) => unknown)[] = [
  checkEmpty,
  decodePuback,
  decodeConnect,
  decodeSubscribe,
  decodeUnsubscribe,
  (packet) => decodePublish(packet, view),
];

function readAll(chunks: readonly Uint8Array[]): void {
  const reader = new MqttPacketReader(2000);
  for (const chunk of chunks) {
    reader.push(chunk);
    while (reader.next()) {
      for (const decode of decoders) throwsNothingElse(() => decode(reader));
    }
  }
}

function throwsNothingElse(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
  }
}

test("no bytes make the codec throw anything but its own error", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      (bytes, places) => throwsNothingElse(() => readAll(cut(bytes, places))),
    ),
    { numRuns: 5000 },
  );
});

test("no body makes the decoder of any packet throw anything but its own error", () => {
  const firstByte = fc.constantFrom(0x10, 0x30, 0x32, 0x34, 0x40, 0x82, 0xa2, 0xc0, 0xe0);
  const field = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom([0, 4, 0x4d, 0x51, 0x54, 0x54, 4], [0, 0], [0, 1, 0x61], [0xff, 0xff]),
  );
  fc.assert(
    fc.property(firstByte, fc.array(field, { maxLength: 12 }), (first, fields) => {
      const body = fields.flatMap((part) => [...part]);
      throwsNothingElse(() => readAll([Uint8Array.from([first, body.length, ...body])]));
    }),
    { numRuns: 5000 },
  );
});
