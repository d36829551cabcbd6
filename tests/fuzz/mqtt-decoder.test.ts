// Throws a million hostile inputs at everything that reads a client's bytes. Each is made from a seed, so
// that a failure names the input that caused it.
import {
  MQTT_PACKET_TYPE,
  MqttError,
  MqttPacketReader,
  checkEmpty,
  createPublishView,
  decodeConnect,
  decodePuback,
  decodePublish,
  decodeSubscribe,
  decodeUnsubscribe,
  decodeUtf8,
  parseMqttUsername,
  parsePropertyBag,
  parseSasToken,
  parseTelemetryTopic,
  readSubscriptionFilter,
} from "@larimar/wire";
import { expect, test } from "vitest";
import { randomOf } from "./seeded-random.ts";

const INPUTS = 1_000_000;
/** A slow machine tries fewer. */
const BUDGET_MS = 40_000;
const INPUTS_BETWEEN_LOOKS = 10_000;
/** Texts are read from packets, too; as they are, only some inputs are. */
const TEXTS_EVERY = 4;
const INPUT_BYTES_MAX = 512;
const REMAINING_LENGTH_MAX = 400;

const view = createPublishView();
const identity = { deviceId: "d1", moduleId: "m" };
const scratch = new Uint8Array(INPUT_BYTES_MAX + 64);

/** Pieces that lead deeper into the decoders than chance would. */
const PIECES: readonly Uint8Array[] = [
  [0x10, 40, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0xc2, 0, 60],
  [0x10, 20, 0, 6, 0x4d, 0x51, 0x49, 0x73, 0x64, 0x70, 3],
  [0x32, 30, 0, 10],
  [0x30, 4, 0, 2, 0x61, 0x62],
  [0x82, 9, 0, 1, 0, 4],
  [0xa2, 9, 0, 1, 0, 4],
  [0x40, 2, 0, 1],
  [0xc0, 0],
  [0xe0, 0],
  [0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80],
  [0xe2, 0x82, 0xac],
  [0xed, 0xa0, 0x80],
  [...Buffer.from("devices/d1/messages/events/%24.mid=%4&$.exp=2030-01-01&a=b")],
  [...Buffer.from("localhost/d1/?api-version=2021-04-12&model-id=x")],
  [...Buffer.from("SharedAccessSignature sr=h%2Fdevices%2Fd1&sig=a%3D&se=1")],
].map((bytes) => Uint8Array.from(bytes));

function makeInput(random: () => number): Uint8Array {
  let length = 0;
  const parts = 1 + (random() % 6);
  for (let part = 0; part < parts && length < INPUT_BYTES_MAX; part++) {
    const piece = random() % 3 === 0 ? undefined : PIECES[random() % PIECES.length];
    if (piece === undefined) {
      const count = random() % 40;
      for (let i = 0; i < count; i++) scratch[length++] = random() & 0xff;
    } else {
      scratch.set(piece, length);
      length += piece.length;
    }
  }
  const input = scratch.slice(0, length);
  for (let flips = random() % 4; flips > 0; flips--) {
    input[random() % (length + 1)] = random() & 0xff;
  }
  return input;
}

function decode(reader: MqttPacketReader): void {
  switch (reader.type) {
    case MQTT_PACKET_TYPE.connect: {
      const connect = decodeConnect(reader);
      if ("clientId" in connect) parseMqttUsername(connect.username ?? "");
      break;
    }
    case MQTT_PACKET_TYPE.publish:
      decodePublish(reader, view);
      readTopic(decodeUtf8(reader.bytes, view.topicStart, view.topicEnd));
      break;
    case MQTT_PACKET_TYPE.puback:
      decodePuback(reader);
      break;
    case MQTT_PACKET_TYPE.subscribe:
      for (const { filter } of decodeSubscribe(reader).requests) {
        readSubscriptionFilter(filter, identity);
      }
      break;
    case MQTT_PACKET_TYPE.unsubscribe:
      decodeUnsubscribe(reader);
      break;
    default:
      checkEmpty(reader);
  }
}

function readTopic(topic: string | undefined): void {
  const bag = topic === undefined ? undefined : parseTelemetryTopic(topic)?.bag;
  if (bag !== undefined) parsePropertyBag(bag);
}

/** The same bytes as text, for what is read from texts. */
function readTexts(input: Uint8Array): void {
  const text = Buffer.from(input).toString("latin1");
  parseMqttUsername(text);
  parsePropertyBag(text);
  parseSasToken(text);
  readTopic(text);
}

/** Returns how many packets it found before the first error. */
function feed(input: Uint8Array, random: () => number): number {
  const reader = new MqttPacketReader(REMAINING_LENGTH_MAX);
  let packets = 0;
  try {
    for (let at = 0; at < input.length;) {
      const end = Math.min(input.length, at + 1 + (random() % 64));
      reader.push(input.subarray(at, end));
      at = end;
      while (reader.next()) {
        packets++;
        decode(reader);
      }
    }
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
  }
  return packets;
}

test("no input makes the MQTT decoder throw anything but its own error", () => {
  const startedAtMs = performance.now();
  let inputs = 0;
  let packets = 0;
  while (inputs < INPUTS && performance.now() - startedAtMs < BUDGET_MS) {
    for (let i = 0; i < INPUTS_BETWEEN_LOOKS; i++, inputs++) {
      const random = randomOf(inputs);
      const input = makeInput(random);
      try {
        packets += feed(input, random);
        if (inputs % TEXTS_EVERY === 0) readTexts(input);
      } catch (error) {
        const hex = Buffer.from(input).toString("hex");
        throw new Error(`Input ${inputs} broke the decoder: ${hex}`, { cause: error });
      }
    }
  }
  console.log(`MQTT decoder: ${inputs} inputs, ${packets} packets`);
  // Had nothing been found in them, the inputs would have tested nothing.
  expect(packets).toBeGreaterThan(inputs / 4);
});
