import { PUBACK_BYTES, writePuback } from "@larimar/wire";

/** Whoever gets the acknowledgements out to the client. */
export interface AcknowledgementSink {
  send(bytes: Uint8Array): void;
  /** Some of what was waiting is durable, and acknowledged where that was asked for. */
  onAcknowledged(): void;
  onNotDurable(error: unknown): void;
}

/** The messages of one read. */
export interface AcknowledgedRead {
  /** One for each message; 0 for QoS 0, which is not acknowledged. */
  readonly packetIds: readonly number[];
  readonly bytes: number;
}

interface Entry {
  readonly read: AcknowledgedRead;
  isDurable: boolean;
}

/**
 * Sends PUBACKs in the order in which messages were received, though the log may finish several reads in
 * any order; and all that can go at once in one write.
 */
export class Acknowledgements {
  /** What is not known to be durable. */
  waitingMessages = 0;
  waitingBytes = 0;
  readonly #sink: AcknowledgementSink;
  readonly #entries: Entry[] = [];
  #isFlushScheduled = false;

  constructor(sink: AcknowledgementSink) {
    this.#sink = sink;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  expect(read: AcknowledgedRead, durable: Promise<void>): void {
    const entry: Entry = { read, isDurable: false };
    this.#entries.push(entry);
    this.waitingMessages += read.packetIds.length;
    this.waitingBytes += read.bytes;
    durable.then(
      () => this.#onDurable(entry),
      (error: unknown) => this.#sink.onNotDurable(error),
    );
  }

  #onDurable(entry: Entry): void {
    entry.isDurable = true;
    this.#scheduleFlush();
  }

  /** Reads that became durable together are told one after another: waiting for the last saves writes. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    // A third of what queueMicrotask costs.
    void NOW.then(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    const entries = this.#entries;
    let count = 0;
    let messages = 0;
    while (count < entries.length && entries[count]!.isDurable) {
      const { read } = entries[count++]!;
      messages += read.packetIds.length;
      this.waitingBytes -= read.bytes;
    }
    if (count === 0) return;
    this.waitingMessages -= messages;
    const bytes = Buffer.allocUnsafe(messages * PUBACK_BYTES);
    const length = encodePubacks(entries, count, bytes);
    if (count === entries.length) entries.length = 0;
    else entries.splice(0, count);
    if (length > 0) this.#sink.send(length === bytes.length ? bytes : bytes.subarray(0, length));
    this.#sink.onAcknowledged();
  };
}

const NOW = Promise.resolve();

/** Answers the first `count` reads; returns where the answers end. */
function encodePubacks(entries: readonly Entry[], count: number, target: Uint8Array): number {
  let at = 0;
  for (let index = 0; index < count; index++) {
    for (const packetId of entries[index]!.read.packetIds) {
      if (packetId !== 0) at = writePuback(packetId, target, at);
    }
  }
  return at;
}
