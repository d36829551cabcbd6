const SHORT_TEXT_LENGTH_MAX = 64;
const TWO_TO_THE_32 = 4_294_967_296;

const utf8 = new TextEncoder();

/**
 * Appends AMQP 1.0 encoded values to a buffer that grows. Every method writes one value of the type it is
 * named after, in its shortest encoding unless a fixed width is asked for by name. [AMQP 1.0 part 1]
 */
export class AmqpWriter {
  bytes: Uint8Array;
  at = 0;
  #view: DataView;

  /** Begins with memory of its own, so many bytes of it, or with the given one. */
  constructor(memory: number | Uint8Array = 256) {
    this.bytes = typeof memory === "number" ? new Uint8Array(memory) : memory;
    this.#view = viewOf(this.bytes);
  }

  /** What has been written so far; shares memory with the writer. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  ensure(moreBytes: number): void {
    const needed = this.at + moreBytes;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.written);
    this.bytes = grown;
    this.#view = viewOf(grown);
  }

  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.at++] = value;
  }

  /** Bytes that are encoded already. */
  raw(encoded: Uint8Array): void {
    this.ensure(encoded.length);
    this.bytes.set(encoded, this.at);
    this.at += encoded.length;
  }

  uint32(value: number): void {
    this.ensure(4);
    this.#view.setUint32(this.at, value);
    this.at += 4;
  }

  uint32At(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** The constructor of a described type with a small numeric descriptor. */
  described(code: number): void {
    this.ensure(3);
    this.bytes[this.at++] = 0x00;
    this.bytes[this.at++] = 0x53;
    this.bytes[this.at++] = code;
  }

  null(): void {
    this.byte(0x40);
  }

  boolean(value: boolean): void {
    this.byte(value ? 0x41 : 0x42);
  }

  ubyte(value: number): void {
    this.byte(0x50);
    this.byte(value);
  }

  ushort(value: number): void {
    this.byte(0x60);
    this.byte(value >>> 8);
    this.byte(value & 0xff);
  }

  uint(value: number): void {
    if (value === 0) {
      this.byte(0x43);
    } else if (value < 256) {
      this.byte(0x52);
      this.byte(value);
    } else {
      this.byte(0x70);
      this.uint32(value);
    }
  }

  ulong(value: number | bigint): void {
    if (value < 256) {
      this.byte(0x53);
      this.byte(Number(value));
    } else {
      this.byte(0x80);
      this.#int64(value);
    }
  }

  int(value: number): void {
    if (value >= -128 && value < 128) {
      this.byte(0x54);
      this.byte(value & 0xff);
    } else {
      this.byte(0x71);
      this.ensure(4);
      this.#view.setInt32(this.at, value);
      this.at += 4;
    }
  }

  long(value: number | bigint): void {
    if (value >= -128 && value < 128) {
      this.byte(0x55);
      this.byte(Number(value) & 0xff);
    } else {
      this.byte(0x81);
      this.#int64(value);
    }
  }

  double(value: number): void {
    this.byte(0x82);
    this.ensure(8);
    this.#view.setFloat64(this.at, value);
    this.at += 8;
  }

  timestamp(valueMs: number): void {
    this.byte(0x83);
    this.#int64(Math.trunc(valueMs));
  }

  uuid(value: Uint8Array): void {
    this.byte(0x98);
    this.raw(value);
  }

  binary(value: Uint8Array): void {
    this.#length(0xa0, value.length);
    this.raw(value);
  }

  string(text: string): void {
    this.#text(0xa1, text);
  }

  /** Symbols are ASCII: what is not becomes a question mark. */
  symbol(text: string): void {
    this.#text(0xa3, text.replace(/\P{ASCII}/gu, "?"));
  }

  /** Opens a list; `count` is filled in by `end`. */
  beginList(): number {
    return this.#begin(0xd0);
  }

  beginMap(): number {
    return this.#begin(0xd1);
  }

  /** Closes the list or map that `mark` opened. A map counts its keys and its values. */
  end(mark: number, count: number): void {
    this.#view.setUint32(mark, this.at - mark - 4);
    this.#view.setUint32(mark + 4, count);
  }

  stringArray(texts: readonly string[]): void {
    this.#array(0xb1, texts);
  }

  symbolArray(texts: readonly string[]): void {
    this.#array(0xb3, texts);
  }

  #begin(constructor: number): number {
    this.byte(constructor);
    const mark = this.at;
    this.ensure(8);
    this.at += 8;
    return mark;
  }

  #array(elementConstructor: number, texts: readonly string[]): void {
    const mark = this.#begin(0xf0);
    this.byte(elementConstructor);
    for (const text of texts) {
      const encoded = utf8.encode(text);
      this.uint32(encoded.length);
      this.raw(encoded);
    }
    this.end(mark, texts.length);
  }

  #text(shortConstructor: number, text: string): void {
    if (text.length <= SHORT_TEXT_LENGTH_MAX && this.#shortAscii(shortConstructor, text)) return;
    const encoded = utf8.encode(text);
    this.#length(shortConstructor, encoded.length);
    this.raw(encoded);
  }

  /** Most texts are short and plain; these need no encoder. */
  #shortAscii(constructor: number, text: string): boolean {
    this.ensure(2 + text.length);
    const start = this.at + 2;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      this.bytes[start + i] = code;
    }
    this.bytes[this.at] = constructor;
    this.bytes[this.at + 1] = text.length;
    this.at = start + text.length;
    return true;
  }

  /** The one-byte-length form, or its four-byte-length twin 16 codes above. */
  #length(shortConstructor: number, length: number): void {
    if (length < 256) {
      this.byte(shortConstructor);
      this.byte(length);
    } else {
      this.byte(shortConstructor + 0x10);
      this.uint32(length);
    }
  }

  #int64(value: number | bigint): void {
    this.ensure(8);
    if (typeof value === "bigint") {
      this.#view.setBigInt64(this.at, BigInt.asIntN(64, value));
    } else {
      const high = Math.floor(value / TWO_TO_THE_32);
      this.#view.setInt32(this.at, high);
      this.#view.setUint32(this.at + 4, value - high * TWO_TO_THE_32);
    }
    this.at += 8;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
