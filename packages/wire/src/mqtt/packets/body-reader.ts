import { malformed } from "../mqtt-error.ts";
import type { MqttPacket } from "./packet-type.ts";
import { decodeUtf8 } from "../utf8.ts";

/** Reads the fields of a packet one after another; throws `MqttError` past its end. */
export class BodyReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(packet: MqttPacket) {
    this.#bytes = packet.bytes;
    this.#at = packet.start;
    this.#end = packet.end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  uint8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  uint16(): number {
    const at = this.#take(2);
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  /** [MQTT-2.3.1-1] */
  packetId(): number {
    const id = this.uint16();
    if (id === 0) throw malformed("A packet identifier is zero");
    return id;
  }

  /** Shares memory with the packet. */
  binary(): Uint8Array {
    const length = this.uint16();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    const length = this.uint16();
    const at = this.#take(length);
    const text = decodeUtf8(this.#bytes, at, at + length);
    if (text === undefined) throw malformed("A text is not UTF-8 or contains U+0000");
    return text;
  }

  finish(): void {
    if (!this.isAtEnd) throw malformed("A packet is longer than its fields");
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw malformed("A packet ends inside a field");
    this.#at = at + length;
    return at;
  }
}
