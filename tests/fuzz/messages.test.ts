// A million inputs each for what devices write into messages, topics and tokens. Each input is made from a
// seed, so that a failure names the one that caused it.
import {
  AmqpDecodeError,
  AmqpWriter,
  BATCH_MESSAGE_FORMAT,
  parseMethodResponseTopic,
  parsePropertyBag,
  parseSasToken,
  parseTelemetryTopic,
  parseTwinRequestTopic,
  readDeviceMessages,
  readParameters,
  readSubscriptionFilter,
  readTelemetryBatch,
} from "@larimar/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomOf } from "./seeded-random.ts";

const INPUTS = 1_000_000;
/** A slow machine tries fewer. */
const BUDGET_MS = 25_000;
const INPUTS_BETWEEN_LOOKS = 5000;

type Random = () => number;

/** Tries inputs until there were enough, or the time is over. Returns how many were understood. */
function tryAll(
  what: string,
  attempt: (random: Random) => { input: unknown; isUnderstood: () => boolean },
): { inputs: number; understood: number } {
  const startedAtMs = performance.now();
  let inputs = 0;
  let understood = 0;
  while (inputs < INPUTS) {
    const seed = inputs++;
    const { input, isUnderstood } = attempt(randomOf(seed));
    try {
      if (isUnderstood()) understood += 1;
    } catch (error) {
      const text = input instanceof Uint8Array ? Buffer.from(input).toString("hex") : input;
      throw new Error(`${what} ${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
    if (inputs % INPUTS_BETWEEN_LOOKS !== 0) continue;
    if (performance.now() - startedAtMs > BUDGET_MS) break;
  }
  console.log(`${what}: ${inputs} inputs, ${understood} understood`);
  return { inputs, understood };
}

// Most inputs end in an error: where each was made is not worth the time.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const PIECES = [
  "devices/d1/messages/events/",
  "devices/d1/modules/m/messages/events/",
  "%24.mid=",
  "$.exp=2030-01-01T00:00:00Z",
  "$.ct=application%2Fjson",
  "$iothub/twin/GET/?$rid=1",
  "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=2",
  "$iothub/methods/res/200/?$rid=1",
  "SharedAccessSignature sr=h%2Fdevices%2Fd1&sig=a%3D&se=1900000000",
  "&skn=device",
  "&sig=",
  "&se=-1",
  "&se=99999999999999999999999",
  "sr=%2525",
  "a=b&",
  "&&==",
  "%",
  "%e2%82",
  "%00",
  "+",
  "#",
  "/",
  "?",
  "=",
  "\u0000",
  "😀",
  "\ud800",
  "ä",
];

function makeText(random: Random): string {
  let text = "";
  for (let parts = 1 + (random() % 6); parts > 0; parts--) {
    text +=
      random() % 4 === 0
        ? String.fromCharCode(random() & 0xffff)
        : PIECES[random() % PIECES.length]!;
  }
  return random() % 3 === 0 ? text.slice(random() % 8) : text;
}

describe("no input makes a reader throw anything but its own error", () => {
  test("topics and property bags", () => {
    const identity = { deviceId: "d1", moduleId: "m" };
    const { inputs, understood } = tryAll("topics", (random) => {
      const input = makeText(random);
      return {
        input,
        isUnderstood: () => {
          const bag = parseTelemetryTopic(input)?.bag;
          parsePropertyBag(bag ?? input);
          const found = [
            bag,
            parseTwinRequestTopic(input),
            parseMethodResponseTopic(input),
            readSubscriptionFilter(input, identity),
          ];
          readParameters(input);
          return found.some((result) => result !== undefined);
        },
      };
    });
    expect(understood).toBeGreaterThan(inputs / 20);
  });

  test("tokens", () => {
    const { inputs, understood } = tryAll("tokens", (random) => {
      const start = random() % 4 === 0 ? "" : PIECES[8]!;
      const input = start + makeText(random);
      return { input, isUnderstood: () => parseSasToken(input) !== undefined };
    });
    expect(understood).toBeGreaterThan(inputs / 20);
  });

  test("batches over HTTPS", () => {
    const { inputs, understood } = tryAll("batches", (random) => {
      const input = makeJson(random, 4);
      return { input, isUnderstood: () => readTelemetryBatch(input).kind === "read" };
    });
    expect(understood).toBeGreaterThan(inputs / 20);
  });

  test("messages over AMQP, with all their properties and annotations, alone and in batches", () => {
    const { inputs, understood } = tryAll("messages", (random) => {
      const input = makeMessage(random);
      const format = random() % 2 === 0 ? BATCH_MESSAGE_FORMAT : 0;
      return {
        input,
        isUnderstood: () => {
          try {
            return readDeviceMessages(input, format).length > 0;
          } catch (error) {
            if (error instanceof AmqpDecodeError) return false;
            throw error;
          }
        },
      };
    });
    expect(understood).toBeGreaterThan(inputs / 20);
  });
});

const NAMES = [
  "body",
  "base64Encoded",
  "properties",
  "__proto__",
  "iothub-messageid",
  "iothub-expiry",
  "iothub-app-a",
  "iothub-contenttype",
  "",
];

/** Mostly what a batch looks like, and something else here and there. */
function makeJson(random: Random, depth: number): unknown {
  if (depth === 4 && random() % 8 !== 0) {
    return Array.from({ length: random() % 4 }, () => makeElement(random));
  }
  switch (random() % (depth === 0 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random() % 2 === 0;
    case 2:
      return (random() - 2 ** 31) * (random() % 2 === 0 ? 1 : 1e300);
    case 3:
      return makeText(random);
    case 4:
      return "aGVsbG8=";
    case 5:
      return Array.from({ length: random() % 4 }, () => makeJson(random, depth - 1));
    default:
      return makeElement(random);
  }
}

function makeElement(random: Random): unknown {
  const element: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (random() % 8 !== 0) element["body"] = random() % 3 === 0 ? makeText(random) : "aGk=";
  if (random() % 2 === 0) element["base64Encoded"] = random() % 6 === 0 ? "no" : false;
  if (random() % 2 === 0) {
    const properties: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (let count = random() % 3; count > 0; count--) {
      const name = random() % 3 === 0 ? makeText(random) : NAMES[random() % NAMES.length]!;
      properties[name] = makeJson(random, 0);
    }
    element["properties"] = properties;
  }
  if (random() % 8 === 0) element[NAMES[random() % NAMES.length]!] = makeJson(random, 0);
  return element;
}

const KEYS = [
  "iothub-interface-id",
  "dt-subject",
  "iothub-connection-device-id",
  "iothub-creation-time-utc",
  "iothub-message-schema",
  "iothub-content-type",
  "key",
  "",
];

const writer = new AmqpWriter();

/** A message that is whole but for a byte or two, and whose values are of every kind. */
function makeMessage(random: Random): Uint8Array {
  writer.at = 0;
  if (random() % 2 === 0) writeMap(random, 0x72, true);
  if (random() % 2 === 0) {
    writer.described(0x73);
    const list = writer.beginList();
    const count = random() % 14;
    for (let field = 0; field < count; field++) writeValue(random);
    writer.end(list, count);
  }
  if (random() % 2 === 0) writeMap(random, 0x74, false);
  for (let sections = 1 + (random() % 3); sections > 0; sections--) {
    writer.described(0x75);
    writer.binary(random() % 2 === 0 ? INNER : new Uint8Array(random() % 20));
  }
  const input = writer.written.slice();
  if (random() % 2 === 0) return input;
  for (let flips = 1 + (random() % 2); flips > 0; flips--) {
    input[random() % input.length] = random() & 0xff;
  }
  return input;
}

function writeMap(random: Random, section: number, hasSymbols: boolean): void {
  writer.described(section);
  const map = writer.beginMap();
  const count = random() % 4;
  for (let entry = 0; entry < count; entry++) {
    const key = KEYS[random() % KEYS.length]!;
    if (hasSymbols) writer.symbol(key);
    else writer.string(key);
    writeValue(random);
  }
  writer.end(map, count * 2);
}

function writeValue(random: Random): void {
  switch (random() % 12) {
    case 0:
      return writer.null();
    case 1:
      return writer.boolean(random() % 2 === 0);
    case 2:
      return writer.uint(random());
    case 3:
      return writer.ulong(0xffff_ffff_ffff_ffffn);
    case 4:
      return writer.long(-(2n ** 63n));
    case 5:
      return writer.double(random() % 2 === 0 ? NaN : 1e308);
    case 6:
      return writeTimestamp(random);
    case 7:
      return writer.uuid(new Uint8Array(16));
    case 8:
      return writer.binary(Uint8Array.of(0xff, 0xfe));
    case 9:
      return writer.stringArray(["a", "b"]);
    case 10:
      return writer.symbol("application/json");
    default:
      return writer.string("text");
  }
}

/** Of any time that fits into the bytes, whether a calendar has it or not. */
function writeTimestamp(random: Random): void {
  const bytes = new DataView(new ArrayBuffer(9));
  bytes.setUint8(0, 0x83);
  bytes.setInt32(1, random() % 2 === 0 ? 0x18f : random() | 0);
  bytes.setUint32(5, random());
  writer.raw(new Uint8Array(bytes.buffer));
}

/** What a batch carries. */
const INNER = ((): Uint8Array => {
  const inner = new AmqpWriter();
  inner.described(0x75);
  inner.binary(Uint8Array.of(1, 2, 3));
  return inner.written.slice();
})();
