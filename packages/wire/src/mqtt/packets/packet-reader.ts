import { MqttError, malformed } from "../mqtt-error.ts";
import type { MqttPacket } from "./packet-type.ts";
import { isFirstByteValid } from "./packet-type.ts";

/** A first byte and at most four bytes of remaining length. */
const HEADER_BYTES_MAX = 5;
/** Up to here the room for a packet that spans reads is made at once; beyond, it grows with what came. */
const EAGER_CARRY_BYTES_MAX = 4096;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Cuts a stream of bytes into packets. Feed it a chunk, then call `next` until it says false; in between
 * it is the current packet. A packet that lies within one chunk is not copied.
 */
export class MqttPacketReader implements MqttPacket {
  type = 0;
  flags = 0;
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  /** A longer packet is an error as soon as its header is read, before anything of it is kept. */
  remainingLengthMax: number;
  #chunk = NOTHING;
  #at = 0;
  /** The beginning of a packet whose end has not arrived. */
  #carry: Uint8Array | undefined;
  #carryLength = 0;
  /** How long the carried packet will be; 0 while its header is incomplete. */
  #carryTotal = 0;

  constructor(remainingLengthMax: number) {
    this.remainingLengthMax = remainingLengthMax;
  }

  push(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) {
      const rest = this.#chunk.subarray(this.#at);
      const joined = new Uint8Array(rest.length + chunk.length);
      joined.set(rest);
      joined.set(chunk, rest.length);
      this.#chunk = joined;
    } else {
      this.#chunk = chunk;
    }
    this.#at = 0;
  }

  /** Moves on to the next packet; false when its end has not arrived. Throws `MqttError`. */
  next(): boolean {
    if (this.#carry !== undefined) return this.#finishCarried(this.#carry);
    const chunk = this.#chunk;
    const at = this.#at;
    if (!this.#readHeader(chunk, at, chunk.length)) return this.#keepRest(0);
    if (this.end > chunk.length) return this.#keepRest(this.end - at);
    this.#at = this.end;
    // An idle connection must not hold on to the buffer of its last read.
    if (this.end === chunk.length) this.#release();
    return true;
  }

  /** Leaves the packet's whereabouts in the fields; false when the header is not complete. */
  #readHeader(bytes: Uint8Array, at: number, length: number): boolean {
    if (at >= length) return false;
    const firstByte = bytes[at] as number;
    if (!isFirstByteValid(firstByte)) throw malformed("The first byte of a packet is reserved");
    let remainingLength = 0;
    let bodyAt = at + 1;
    for (let shift = 0; ; shift += 7) {
      if (shift === 28) throw malformed("A remaining length has more than four bytes");
      if (bodyAt >= length) return false;
      const byte = bytes[bodyAt++] as number;
      remainingLength |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (remainingLength > this.remainingLengthMax) {
      throw new MqttError("packetTooLarge", "A packet is longer than this server takes");
    }
    this.type = firstByte >> 4;
    this.flags = firstByte & 15;
    this.bytes = bytes;
    this.start = bodyAt;
    this.end = bodyAt + remainingLength;
    return true;
  }

  #keepRest(total: number): false {
    const length = this.#chunk.length - this.#at;
    if (length > 0) {
      const carry = new Uint8Array(roomFor(length, total));
      carry.set(this.#at === 0 ? this.#chunk : this.#chunk.subarray(this.#at));
      this.#carry = carry;
      this.#carryLength = length;
      this.#carryTotal = total;
    }
    this.#release();
    this.bytes = NOTHING;
    return false;
  }

  #finishCarried(carry: Uint8Array): boolean {
    while (this.#carryTotal === 0) {
      if (this.#at === this.#chunk.length) return this.#wait();
      carry[this.#carryLength++] = this.#chunk[this.#at++] as number;
      if (this.#readHeader(carry, 0, this.#carryLength)) this.#carryTotal = this.end;
    }
    const total = this.#carryTotal;
    const length = Math.min(total, this.#carryLength + this.#chunk.length - this.#at);
    let room = carry;
    if (room.length < length) {
      room = new Uint8Array(roomFor(length, total));
      room.set(carry.subarray(0, this.#carryLength));
    }
    const added = length - this.#carryLength;
    room.set(this.#chunk.subarray(this.#at, this.#at + added), this.#carryLength);
    this.#at += added;
    this.#carry = room;
    this.#carryLength = length;
    if (length < total) return this.#wait();
    this.#carry = undefined;
    this.#readHeader(room, 0, total);
    if (this.#at === this.#chunk.length) this.#release();
    return true;
  }

  #wait(): false {
    this.#release();
    this.bytes = NOTHING;
    return false;
  }

  #release(): void {
    this.#chunk = NOTHING;
    this.#at = 0;
  }
}

/** Memory follows what arrived, not what a header promised: a promise costs the sender nothing. */
function roomFor(length: number, total: number): number {
  if (total === 0) return HEADER_BYTES_MAX;
  if (total <= EAGER_CARRY_BYTES_MAX) return total;
  return Math.min(total, Math.max(length * 2, EAGER_CARRY_BYTES_MAX));
}
