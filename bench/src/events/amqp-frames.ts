/** The few AMQP 1.0 frames a reader of events sends, encoded from scratch like the generator's MQTT packets. */
export const AMQP_HEADER = Buffer.from("AMQP\u0000\u0001\u0000\u0000", "latin1");
export const SASL_HEADER = Buffer.from("AMQP\u0003\u0001\u0000\u0000", "latin1");

export const PERFORMATIVE = {
  open: 0x10,
  begin: 0x11,
  attach: 0x12,
  flow: 0x13,
  transfer: 0x14,
  detach: 0x16,
  end: 0x17,
  close: 0x18,
  saslInit: 0x41,
  saslOutcome: 0x44,
} as const;

const AMQP_FRAME = 0;
const SASL_FRAME = 1;
const NULL = Buffer.of(0x40);
const TRUE = Buffer.of(0x41);
const UNLIMITED = 0x7fff_ffff;

export function saslPlain(credentials: { user: string; password: string }): Buffer {
  const response = Buffer.from(`\u0000${credentials.user}\u0000${credentials.password}`);
  return frame(SASL_FRAME, PERFORMATIVE.saslInit, [symbol("PLAIN"), binary(response)]);
}

export function open(options: { containerId: string; hostName: string }): Buffer {
  const { containerId, hostName } = options;
  return frame(AMQP_FRAME, PERFORMATIVE.open, [
    string(containerId),
    string(hostName),
    uint(65_536),
  ]);
}

export function begin(): Buffer {
  const window = uint(UNLIMITED);
  return frame(AMQP_FRAME, PERFORMATIVE.begin, [NULL, uint(0), window, window]);
}

/** A link that receives everything from the given selector on, with nothing to settle. */
export function attachReceiver(options: {
  handle: number;
  address: string;
  selector: string;
}): Buffer {
  const { handle, address, selector } = options;
  const filterName = symbol("apache.org:selector-filter:string");
  const filter = map([filterName, Buffer.concat([Buffer.of(0x00), filterName, string(selector)])]);
  const source = described(0x28, [string(address), ...nulls(6), filter]);
  const settled = Buffer.of(0x50, 1);
  return frame(AMQP_FRAME, PERFORMATIVE.attach, [
    string(`bench-${handle}`),
    uint(handle),
    TRUE, // this end receives
    settled,
    NULL,
    source,
    described(0x29, []),
  ]);
}

/** Renews the session's window, and gives the link of `handle` so much credit. */
export function flow(options: {
  received: number;
  handle?: number;
  receivedOnLink?: number;
  credit?: number;
}): Buffer {
  const { received, handle, receivedOnLink = 0, credit = 0 } = options;
  const window = uint(UNLIMITED);
  const session = [uint(received), window, uint(0), window];
  const link = handle === undefined ? [] : [uint(handle), uint(receivedOnLink), uint(credit)];
  return frame(AMQP_FRAME, PERFORMATIVE.flow, [...session, ...link]);
}

function frame(type: number, performative: number, fields: readonly Buffer[]): Buffer {
  const body = described(performative, fields);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length);
  header[4] = 2; // data offset, in words
  header[5] = type;
  return Buffer.concat([header, body]);
}

function described(descriptor: number, fields: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(0x00, 0x53, descriptor), compound(0xd0, fields)]);
}

function map(entries: readonly Buffer[]): Buffer {
  return compound(0xd1, entries);
}

function compound(constructor: number, items: readonly Buffer[]): Buffer {
  const content = Buffer.concat(items);
  const head = Buffer.alloc(9);
  head[0] = constructor;
  head.writeUInt32BE(4 + content.length, 1);
  head.writeUInt32BE(items.length, 5);
  return Buffer.concat([head, content]);
}

function nulls(count: number): Buffer[] {
  return Array.from({ length: count }, () => NULL);
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(5, 0x70);
  bytes.writeUInt32BE(value >>> 0, 1);
  return bytes;
}

function string(text: string): Buffer {
  return variable(0xb1, Buffer.from(text, "utf8"));
}

function symbol(text: string): Buffer {
  return variable(0xb3, Buffer.from(text, "latin1"));
}

function binary(bytes: Buffer): Buffer {
  return variable(0xb0, bytes);
}

function variable(constructor: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5, constructor);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
