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
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushScheduled = false;
    const firstWaiting = this.#entries.findIndex((entry) => !entry.isDurable);
    const durableCount = firstWaiting < 0 ? this.#entries.length : firstWaiting;
    if (durableCount === 0) return;
    const reads = this.#entries.splice(0, durableCount).map(({ read }) => read);
    const bytes = encodePubacks(reads);
    for (const read of reads) {
      this.waitingMessages -= read.packetIds.length;
      this.waitingBytes -= read.bytes;
    }
    if (bytes.length > 0) this.#sink.send(bytes);
    this.#sink.onAcknowledged();
  }
}

function encodePubacks(reads: readonly AcknowledgedRead[]): Uint8Array {
  let messages = 0;
  for (const read of reads) messages += read.packetIds.length;
  const bytes = Buffer.allocUnsafe(messages * PUBACK_BYTES);
  let at = 0;
  for (const read of reads) {
    for (const packetId of read.packetIds) {
      if (packetId !== 0) at = writePuback(packetId, bytes, at);
    }
  }
  return at === bytes.length ? bytes : bytes.subarray(0, at);
}
