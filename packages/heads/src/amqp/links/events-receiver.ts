import type { Clock, EventBatch, EventsReader } from "@larimar/domain";
import { encodeRuntimeMetric, measureDelivery, recordEnd, writeDelivery } from "@larimar/wire";
import type { OutgoingLink, Payload } from "../engine/outgoing-link.ts";

export interface EventsReceiverParts {
  readonly link: OutgoingLink;
  readonly reader: EventsReader;
  readonly clock: Clock;
  readonly readBytesMax: number;
  /** The client asked to be told with every event how far the partition goes. */
  readonly wantsMetric: boolean;
  readonly onReadError: (error: unknown) => void;
}

const NO_PREFIX: Uint8Array = new Uint8Array(0);

/** Lets the events flow once the link is accepted. */
export function startEventsReceiver(parts: EventsReceiverParts): void {
  const receiver = new EventsReceiver(parts);
  parts.link.handler = (_, budgetBytes) => receiver.takeTurn(budgetBytes);
  parts.link.onDetached(() => receiver[Symbol.dispose]());
}

/**
 * Sends the events of a partition to one client, as fast as it gives credit and reads. Holds no more of the
 * log than one helping; a client that does not read costs that, and wakes nobody up.
 */
class EventsReceiver implements Disposable {
  readonly #parts: EventsReceiverParts;
  readonly #subscription: Disposable;
  readonly #event = new EventPayload();
  /** Read and not yet sent, the batch in hand first. */
  #batches: EventBatch[] = [];
  /** The next record of the batch in hand. */
  #at = 0;
  #isReading = false;

  constructor(parts: EventsReceiverParts) {
    this.#parts = parts;
    const { link, reader } = parts;
    // Once per commit to the log, however many events it brought.
    this.#subscription = reader.onAppended(() => {
      if (link.isWanted) link.wake();
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#parts.reader[Symbol.dispose]();
    this.#batches = [];
  }

  takeTurn(budgetBytes: number): boolean {
    const { link, reader } = this.#parts;
    this.#event.prefix = this.#parts.wantsMetric ? this.#measureProgress() : NO_PREFIX;
    let leftBytes = budgetBytes;
    while (link.canSend && leftBytes > 0) {
      const batch = this.#batchInHand();
      if (batch === undefined) {
        this.#refill();
        return false;
      }
      this.#event.set(batch.records, this.#at, reader.position);
      link.send(this.#event);
      leftBytes -= this.#event.bytes;
      this.#at = recordEnd(batch.records, this.#at);
      reader.position += 1;
    }
    return link.isWanted;
  }

  #batchInHand(): EventBatch | undefined {
    const [batch] = this.#batches;
    if (batch === undefined || this.#at < batch.records.length) return batch;
    this.#batches.shift();
    this.#at = 0;
    return this.#batches[0];
  }

  #refill(): void {
    const { link, reader, readBytesMax, onReadError } = this.#parts;
    if (this.#isReading) return;
    if (!reader.hasMore) {
      link.finishDrain();
      return;
    }
    this.#isReading = true;
    reader.read({ bytesMax: readBytesMax }).then(
      (batches) => {
        this.#isReading = false;
        if (link.isOver) return;
        this.#take(batches);
      },
      (error: unknown) => {
        this.#isReading = false;
        onReadError(error);
      },
    );
  }

  #take(batches: readonly EventBatch[]): void {
    const { link, reader } = this.#parts;
    const [first] = batches;
    if (first === undefined) {
      // Retention was faster. The next append tells when there is something again.
      link.finishDrain();
      return;
    }
    this.#batches = [...batches];
    this.#at = 0;
    // The first batch may begin before the position.
    for (let position = first.firstPosition; position < reader.position; position++) {
      this.#at = recordEnd(first.records, this.#at);
    }
    link.wake();
  }

  #measureProgress(): Uint8Array {
    const { lastPosition, lastEnqueuedAtMs } = this.#parts.reader.state;
    const retrievedAtMs = this.#parts.clock.now();
    return encodeRuntimeMetric({ lastPosition, lastEnqueuedAtMs, retrievedAtMs });
  }
}

/** The event that is being sent; one object for all of them. */
class EventPayload implements Payload {
  /** Sections that come before those of the event. */
  prefix: Uint8Array = NO_PREFIX;
  bytes = 0;
  #records: Uint8Array = NO_PREFIX;
  #at = 0;
  #position = 0;

  set(records: Uint8Array, at: number, position: number): void {
    this.#records = records;
    this.#at = at;
    this.#position = position;
    this.bytes = this.prefix.length + measureDelivery(records, at, position);
  }

  write(target: Uint8Array, at: number): void {
    target.set(this.prefix, at);
    writeDelivery(this.#records, this.#at, this.#position, target, at + this.prefix.length);
  }
}
