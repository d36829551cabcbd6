import type { LoadConnection } from "../mqtt/load-connection.ts";
import type { PublishRing } from "./publish-ring.ts";

export interface LaneEvents {
  acknowledged(lane: Lane, startMs: number): void;
  unexpectedAcknowledgement(): void;
}

/** One connection's window of messages in flight during one run. */
export class Lane {
  readonly index: number;
  sent = 0;
  outstanding = 0;
  /** Whether the loop already has this lane on its list of lanes to write to. */
  isMarked = false;
  isLost = false;
  readonly #connection: LoadConnection;
  readonly #ring: PublishRing;
  readonly #events: LaneEvents;
  readonly #startMs: Float64Array;
  readonly #isAcknowledgedEarly: Uint8Array;
  #oldest = 0;

  constructor(options: {
    index: number;
    connection: LoadConnection;
    ring: PublishRing;
    events: LaneEvents;
  }) {
    this.index = options.index;
    this.#connection = options.connection;
    this.#ring = options.ring;
    this.#events = options.events;
    this.#startMs = new Float64Array(options.ring.slots);
    this.#isAcknowledgedEarly = new Uint8Array(options.ring.slots);
  }

  get room(): number {
    return this.isLost ? 0 : this.#ring.slots - this.outstanding;
  }

  /** Sends the next `count` messages in one write. */
  send(count: number, startMsOf: (message: number) => number): void {
    const { slots } = this.#ring;
    const first = (this.#oldest + this.outstanding) % slots;
    for (let n = 0; n < count; n++) {
      this.#startMs[(first + n) % slots] = startMsOf(this.sent + n);
    }
    this.sent += count;
    this.outstanding += count;
    this.#connection.write(this.#ring.slice(first, count));
  }

  /** Acknowledgements normally come in the order of the messages [MQTT-4.6.0-2]; others wait for the ones before them. */
  acknowledge(packetId: number): void {
    const slot = packetId - 1;
    const { slots } = this.#ring;
    const age = (slot - this.#oldest + slots) % slots;
    const isOutstanding = slot >= 0 && slot < slots && age < this.outstanding;
    if (!isOutstanding || this.#isAcknowledgedEarly[slot] === 1) {
      this.#events.unexpectedAcknowledgement();
      return;
    }
    const startMs = this.#startMs[slot]!;
    if (age > 0) {
      this.#isAcknowledgedEarly[slot] = 1;
    } else {
      do {
        this.#isAcknowledgedEarly[this.#oldest] = 0;
        this.#oldest = this.#oldest + 1 === slots ? 0 : this.#oldest + 1;
        this.outstanding -= 1;
      } while (this.outstanding > 0 && this.#isAcknowledgedEarly[this.#oldest] === 1);
    }
    this.#events.acknowledged(this, startMs);
  }
}
