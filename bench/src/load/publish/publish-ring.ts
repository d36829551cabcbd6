import { encodePublishQos1 } from "../mqtt/mqtt-packets.ts";

/**
 * All PUBLISH packets one connection will ever send, encoded once and laid out twice in a row, so that any run of
 * consecutive slots is one slice. Slot n carries packet id n + 1 for good: a slot is sent again only after its
 * acknowledgement, which is exactly when MQTT lets an id be used again.
 */
export class PublishRing {
  readonly slots: number;
  readonly #packets: Buffer;
  readonly #packetBytes: number;

  constructor(options: { topic: string; slots: number; payload: Uint8Array }) {
    const { topic, slots, payload } = options;
    const packets = Array.from({ length: slots }, (_, slot) =>
      encodePublishQos1({ topic, packetId: slot + 1, payload }),
    );
    this.slots = slots;
    this.#packetBytes = packets[0]!.length;
    this.#packets = Buffer.concat([...packets, ...packets]);
  }

  /** The bytes of `count` slots beginning at `first`, never copied: nothing writes to them after construction. */
  slice(first: number, count: number): Buffer {
    return this.#packets.subarray(first * this.#packetBytes, (first + count) * this.#packetBytes);
  }
}
