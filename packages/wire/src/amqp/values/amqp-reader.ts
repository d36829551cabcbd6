import { readUtf8, uuidText } from "./amqp-text.ts";
import type { AmqpMap, AmqpValue } from "./amqp-value.ts";
import { AmqpDecodeError } from "./amqp-value.ts";

/** Values inside values inside values: nobody sends more, and the stack is not ours to spend. */
const DEPTH_MAX = 32;

/** Elements that take no bytes, such as nulls, could otherwise be claimed by the billion. */
const EMPTY_ELEMENTS_MAX = 256;

export interface Compound {
  readonly count: number;
  /** Where the elements begin and end. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads AMQP 1.0 encoded values from bytes that nobody has checked. Sizes and counts are compared with
 * what is really there before anything is allocated, so the work is bounded by the number of bytes.
 */
export class AmqpReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly #end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.#end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  /** The format code of the next value; the reader stays where it is. */
  peek(): number {
    this.#need(1);
    return this.bytes[this.at]!;
  }

  readValue(depth = 0): AmqpValue {
    if (depth > DEPTH_MAX) throw new AmqpDecodeError("Values are nested too deeply");
    const code = this.#byte();
    if (code === 0x00) {
      const descriptor = this.readValue(depth + 1);
      return { kind: "described", descriptor, value: this.readValue(depth + 1) };
    }
    return this.#readAs(code, depth);
  }

  /** Moves on to the next value without looking into this one. */
  skipValue(depth = 0): void {
    if (depth > DEPTH_MAX) throw new AmqpDecodeError("Values are nested too deeply");
    const code = this.#byte();
    if (code === 0x00) {
      this.skipValue(depth + 1);
      this.skipValue(depth + 1);
    } else {
      this.#skip(this.#sizeOf(code));
    }
  }

  /** The next value as it is encoded; shares memory with what is read. */
  readEncoded(): Uint8Array {
    const start = this.at;
    this.skipValue();
    return this.bytes.subarray(start, this.at);
  }

  /** The number of a described type that AMQP itself defines, or its symbolic name. */
  readDescriptor(): number | string {
    if (this.#byte() !== 0x00) throw new AmqpDecodeError("A described type is expected");
    const descriptor = this.readValue(1);
    if (typeof descriptor === "string") return descriptor;
    if (typeof descriptor === "bigint" || typeof descriptor === "number") return Number(descriptor);
    throw new AmqpDecodeError("A descriptor is a number or a symbol");
  }

  /** Opens a list: its elements are read one by one. */
  openList(): Compound {
    const code = this.#byte();
    if (code === 0x45) return { count: 0, start: this.at, end: this.at };
    if (code !== 0xc0 && code !== 0xd0) throw new AmqpDecodeError("A list is expected");
    return this.#openCompound(code === 0xc0 ? 1 : 4);
  }

  openMap(): Compound {
    const code = this.#byte();
    if (code !== 0xc1 && code !== 0xd1) throw new AmqpDecodeError("A map is expected");
    return this.#openMap(code === 0xc1 ? 1 : 4);
  }

  /** A position that must be where a compound's elements ended. */
  expectAt(end: number): void {
    if (this.at !== end) throw new AmqpDecodeError("A value is not as long as it says");
  }

  #readAs(code: number, depth: number): AmqpValue {
    switch (code) {
      case 0x40:
        return null;
      case 0x41:
        return true;
      case 0x42:
        return false;
      case 0x43:
        return 0;
      case 0x44:
        return 0n;
      case 0x45:
        return [];
      case 0x50:
      case 0x52:
        return this.#byte();
      case 0x51:
      case 0x54:
        return this.#view.getInt8(this.#take(1));
      case 0x53:
        return BigInt(this.#byte());
      case 0x55:
        return BigInt(this.#view.getInt8(this.#take(1)));
      case 0x56:
        return this.#byte() !== 0;
      case 0x60:
        return this.#view.getUint16(this.#take(2));
      case 0x61:
        return this.#view.getInt16(this.#take(2));
      case 0x70:
        return this.#uint32();
      case 0x71:
        return this.#view.getInt32(this.#take(4));
      case 0x72:
        return this.#view.getFloat32(this.#take(4));
      case 0x73:
        return characterOf(this.#uint32());
      case 0x80:
        return this.#view.getBigUint64(this.#take(8));
      case 0x81:
        return this.#view.getBigInt64(this.#take(8));
      case 0x82:
        return this.#view.getFloat64(this.#take(8));
      case 0x83:
        return { kind: "timestamp", timeMs: Number(this.#view.getBigInt64(this.#take(8))) };
      case 0x98:
        return uuidText(this.bytes, this.#take(16));
      case 0x74:
      case 0x84:
      case 0x94:
      case 0xa0:
      case 0xb0: {
        const size = this.#sizeOf(code);
        const start = this.#take(size);
        return this.bytes.subarray(start, start + size);
      }
      case 0xa1:
      case 0xb1:
      case 0xa3:
      case 0xb3: {
        const size = this.#sizeOf(code);
        const start = this.#take(size);
        return readUtf8(this.bytes, start, start + size);
      }
      case 0xc0:
      case 0xd0:
        return this.#readList(this.#openCompound(code === 0xc0 ? 1 : 4), depth);
      case 0xc1:
      case 0xd1:
        return this.#readMap(this.#openMap(code === 0xc1 ? 1 : 4), depth);
      case 0xe0:
      case 0xf0:
        return this.#readArray(code === 0xe0 ? 1 : 4, depth);
      default:
        throw new AmqpDecodeError("A type code is not known");
    }
  }

  #readList({ count, end }: Compound, depth: number): AmqpValue[] {
    const values: AmqpValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.readValue(depth + 1));
    this.expectAt(end);
    return values;
  }

  #readMap({ count, end }: Compound, depth: number): AmqpMap {
    const map = new Map<AmqpValue, AmqpValue>();
    for (let i = 0; i < count; i += 2) {
      const key = this.readValue(depth + 1);
      map.set(key, this.readValue(depth + 1));
    }
    this.expectAt(end);
    return map;
  }

  #readArray(width: 1 | 4, depth: number): AmqpValue[] {
    const { size, start } = this.#openSized(width);
    const end = start + size;
    const count = this.#uint(width);
    let code = this.#byte();
    let descriptor: AmqpValue | undefined;
    if (code === 0x00) {
      descriptor = this.readValue(depth + 1);
      code = this.#byte();
    }
    const isEmptyElement = code >>> 4 === 0x4;
    if (count > (isEmptyElement ? EMPTY_ELEMENTS_MAX : Math.max(end - this.at, 0))) {
      throw new AmqpDecodeError("An array has fewer elements than it says");
    }
    if (depth + 1 > DEPTH_MAX) throw new AmqpDecodeError("Values are nested too deeply");
    const values: AmqpValue[] = [];
    for (let i = 0; i < count; i++) {
      const value = this.#readAs(code, depth + 1);
      values.push(descriptor === undefined ? value : { kind: "described", descriptor, value });
    }
    this.expectAt(end);
    return values;
  }

  #openMap(width: 1 | 4): Compound {
    const compound = this.#openCompound(width);
    if (compound.count % 2 !== 0) throw new AmqpDecodeError("A map has a key without a value");
    return compound;
  }

  /** Every element takes at least one byte. */
  #openCompound(width: 1 | 4): Compound {
    const { size, start } = this.#openSized(width);
    const end = start + size;
    const count = this.#uint(width);
    if (count > end - this.at) {
      throw new AmqpDecodeError("A list or map has fewer elements than it says");
    }
    return { count, start: this.at, end };
  }

  #openSized(width: 1 | 4): { size: number; start: number } {
    const size = this.#uint(width);
    const start = this.at;
    this.#need(size);
    if (size < width) throw new AmqpDecodeError("A value is not as long as it says");
    return { size, start };
  }

  /** The bytes after the format code, the length field of variable types read on the way. */
  #sizeOf(code: number): number {
    switch (code >>> 4) {
      case 0x4:
        return 0;
      case 0x5:
        return 1;
      case 0x6:
        return 2;
      case 0x7:
        return 4;
      case 0x8:
        return 8;
      case 0x9:
        return 16;
      case 0xa:
      case 0xc:
      case 0xe:
        return this.#byte();
      case 0xb:
      case 0xd:
      case 0xf:
        return this.#uint32();
      default:
        throw new AmqpDecodeError("A type code is not known");
    }
  }

  #uint(width: 1 | 4): number {
    return width === 1 ? this.#byte() : this.#uint32();
  }

  #byte(): number {
    return this.bytes[this.#take(1)]!;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  #skip(bytes: number): void {
    this.#take(bytes);
  }

  #take(bytes: number): number {
    this.#need(bytes);
    const start = this.at;
    this.at += bytes;
    return start;
  }

  #need(bytes: number): void {
    if (this.at + bytes > this.#end) throw new AmqpDecodeError("A value ends before its last byte");
  }
}

function characterOf(codePoint: number): string {
  if (codePoint > 0x10_ffff) throw new AmqpDecodeError("A character is outside of Unicode");
  return String.fromCodePoint(codePoint);
}
