/** Enough of a frame to know its length and its performative: header, described constructor, descriptor. */
const HEAD_BYTES = 11;

export interface FrameScannerEvents {
  /** A frame whose performative has this code has arrived whole, wherever its bytes went. */
  frame(performative: number): void;
}

/** Finds frames in a stream of bytes and looks at nothing but their first bytes. */
export class FrameScanner {
  readonly #events: FrameScannerEvents;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headBytes = 0;
  /** What of the current frame is still to come, once its head is known. */
  #bytesLeft = 0;
  #protocolHeaders = 0;

  constructor(events: FrameScannerEvents) {
    this.#events = events;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#bytesLeft > 0) {
        const taken = Math.min(this.#bytesLeft, bytes.length - at);
        this.#bytesLeft -= taken;
        at += taken;
        if (this.#bytesLeft === 0) this.#finish();
        continue;
      }
      this.#head[this.#headBytes++] = bytes[at++]!;
      if (this.#headBytes === 8) this.#onHeader();
      else if (this.#headBytes === HEAD_BYTES) this.#onHead();
    }
  }

  /** How many protocol headers have come: one for SASL, one for AMQP. */
  get protocolHeaders(): number {
    return this.#protocolHeaders;
  }

  #onHeader(): void {
    const [a, m] = this.#head;
    if (a === 0x41 && m === 0x4d) {
      this.#protocolHeaders += 1;
      this.#headBytes = 0;
    } else if (this.#length === 8) this.#headBytes = 0; // a heartbeat
  }

  #onHead(): void {
    this.#bytesLeft = this.#length - HEAD_BYTES;
    if (this.#bytesLeft === 0) this.#finish();
  }

  #finish(): void {
    this.#headBytes = 0;
    this.#events.frame(this.#head[10]!);
  }

  get #length(): number {
    const [a, b, c, d] = this.#head as unknown as [number, number, number, number];
    return a * 0x1_00_00_00 + ((b << 16) | (c << 8) | d);
  }
}
