import { PUBACK_FIRST_BYTE } from "./mqtt-packets.ts";

export interface PacketHandlers {
  onPuback(packetId: number): void;
  /** Every packet other than PUBACK; `body` is only valid during the call. */
  onOther(firstByte: number, body: Uint8Array): void;
}

/** What a broker may send a benchmark in one packet; more than that is a broken stream, not a measurement. */
const PACKET_BYTES_MAX = 1_048_576;

/** Finds packets in a byte stream that arrives in arbitrary pieces. PUBACKs, nearly all of the traffic, take the short way. */
export class PacketScanner {
  readonly #handlers: PacketHandlers;
  #rest: Uint8Array | undefined;

  constructor(handlers: PacketHandlers) {
    this.#handlers = handlers;
  }

  /** `chunk` may be reused by the caller as soon as this returns. */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let at = 0;
    while (at < bytes.length) {
      if (bytes[at] === PUBACK_FIRST_BYTE && at + 4 <= bytes.length) {
        this.#handlers.onPuback((bytes[at + 2]! << 8) | bytes[at + 3]!);
        at += 4;
        continue;
      }
      const end = this.#endOfPacket(bytes, at);
      if (end === undefined) {
        this.#rest = bytes.slice(at);
        return;
      }
      at = end;
    }
  }

  #endOfPacket(bytes: Uint8Array, start: number): number | undefined {
    let length = 0;
    for (let digit = 0; digit < 4; digit++) {
      const byte = bytes[start + 1 + digit];
      if (byte === undefined) return undefined;
      length |= (byte & 0x7f) << (7 * digit);
      if ((byte & 0x80) !== 0) continue;
      if (length > PACKET_BYTES_MAX) throw new Error(`the server sent a packet of ${length} bytes`);
      const bodyStart = start + 2 + digit;
      const end = bodyStart + length;
      if (end > bytes.length) return undefined;
      this.#handlers.onOther(bytes[start]!, bytes.subarray(bodyStart, end));
      return end;
    }
    throw new Error("the server sent a packet whose length field never ends");
  }
}
