import type { AmqpMap, AmqpValue } from "./amqp-value.ts";
import { AmqpDecodeError, isAmqpMap } from "./amqp-value.ts";
import type { AmqpReader, Compound } from "./amqp-reader.ts";

/**
 * The fields of a composite type in their order. A field that is null or beyond the end of the list is
 * undefined. [AMQP 1.0 1.4]
 */
export class FieldReader {
  readonly #reader: AmqpReader;
  readonly #list: Compound;
  #index = 0;

  constructor(reader: AmqpReader) {
    this.#reader = reader;
    this.#list = reader.openList();
  }

  value(): AmqpValue | undefined {
    return this.#isAbsent() ? undefined : this.#reader.readValue(1);
  }

  /** The field as it is encoded. */
  encoded(): Uint8Array | undefined {
    return this.#isAbsent() ? undefined : this.#reader.readEncoded();
  }

  skip(): void {
    if (!this.#isAbsent()) this.#reader.skipValue(1);
  }

  number(): number | undefined {
    const value = this.value();
    if (value === undefined || typeof value === "number") return value;
    throw new AmqpDecodeError("A field is not the number it has to be");
  }

  bigint(): bigint | undefined {
    const value = this.value();
    if (value === undefined || typeof value === "bigint") return value;
    throw new AmqpDecodeError("A field is not the number it has to be");
  }

  boolean(): boolean {
    const value = this.value();
    if (value === undefined) return false;
    if (typeof value === "boolean") return value;
    throw new AmqpDecodeError("A field is not the boolean it has to be");
  }

  string(): string | undefined {
    const value = this.value();
    if (value === undefined || typeof value === "string") return value;
    throw new AmqpDecodeError("A field is not the text it has to be");
  }

  binary(): Uint8Array | undefined {
    const value = this.value();
    if (value === undefined || value instanceof Uint8Array) return value;
    throw new AmqpDecodeError("A field is not the binary it has to be");
  }

  map(): AmqpMap | undefined {
    const value = this.value();
    if (value === undefined || isAmqpMap(value)) return value;
    throw new AmqpDecodeError("A field is not the map it has to be");
  }

  /** One symbol may stand for an array of one. */
  symbols(): readonly string[] {
    const value = this.value();
    if (value === undefined) return [];
    if (typeof value === "string") return [value];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw new AmqpDecodeError("A field is not the list of symbols it has to be");
  }

  /** Fields that this version of the protocol does not know are passed over. */
  close(): void {
    while (this.#index < this.#list.count) this.skip();
    this.#reader.expectAt(this.#list.end);
  }

  #isAbsent(): boolean {
    if (this.#index >= this.#list.count) return true;
    this.#index += 1;
    if (this.#reader.peek() !== 0x40) return false;
    this.#reader.at += 1;
    return true;
  }
}
