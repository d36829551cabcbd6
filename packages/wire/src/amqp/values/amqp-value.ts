/**
 * AMQP values as this project reads them. Types that nobody tells apart share a form: symbols, characters
 * and uuids are strings, arrays are lists. Where the exact type matters, the encoded bytes are kept instead.
 */
export type AmqpValue =
  | null
  | boolean
  /** Every number of up to 32 bits, and floating point. */
  | number
  /** long and ulong */
  | bigint
  /** string, symbol, char; uuid as lower-case text with hyphens */
  | string
  /** binary; decimals as their bytes */
  | Uint8Array
  | AmqpTimestamp
  | AmqpDescribed
  | readonly AmqpValue[]
  | AmqpMap;

export type AmqpMap = ReadonlyMap<AmqpValue, AmqpValue>;

export interface AmqpTimestamp {
  readonly kind: "timestamp";
  readonly timeMs: number;
}

export interface AmqpDescribed {
  readonly kind: "described";
  readonly descriptor: AmqpValue;
  readonly value: AmqpValue;
}

/** What a peer sent cannot be read. Nothing of what it sent is repeated in the message. */
export class AmqpDecodeError extends Error {
  override readonly name = "AmqpDecodeError";
}

export function isAmqpMap(value: AmqpValue | undefined): value is AmqpMap {
  return value instanceof Map;
}

export function isDescribed(value: AmqpValue | undefined): value is AmqpDescribed {
  return isRecord(value) && value.kind === "described";
}

export function isTimestamp(value: AmqpValue | undefined): value is AmqpTimestamp {
  return isRecord(value) && value.kind === "timestamp";
}

function isRecord(value: AmqpValue | undefined): value is AmqpDescribed | AmqpTimestamp {
  return typeof value === "object" && value !== null && "kind" in value;
}
