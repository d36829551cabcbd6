import { HubError } from "../errors/hub-error.ts";
import type { HubSettings } from "../hubs/hub-settings.ts";
import type { Limits } from "../limits/limits.ts";
import type { EventBatch, EventLog, PartitionState } from "./event-log.ts";

/** Where a reader begins. Offsets are positions, so both are compared alike. */
export type StartPosition =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  | { readonly kind: "position"; readonly position: number; readonly isInclusive: boolean }
  | { readonly kind: "time"; readonly timeMs: number; readonly isInclusive: boolean };

export interface ReaderRequest {
  readonly consumerGroup: string;
  readonly partitionId: string;
  readonly start: StartPosition;
  /** The owner level; a reader with one shares the partition with nobody. */
  readonly epoch?: bigint | undefined;
  /** Called when a later reader with the same or a higher epoch takes the partition, or its group goes. */
  readonly onDisplaced: (error: HubError) => void;
}

export interface EventsParts {
  readonly settings: () => HubSettings;
  readonly eventLog: EventLog;
  readonly limits: Limits;
}

/** The reading side of a hub's event log: consumer groups, partitions, and who may read at once. */
export class Events {
  readonly #parts: EventsParts;
  readonly #readers = new Map<string, Set<EventsReader>>();

  constructor(parts: EventsParts) {
    this.#parts = parts;
  }

  get partitionIds(): readonly string[] {
    return Array.from({ length: this.#parts.eventLog.partitionCount }, (_, i) => String(i));
  }

  /** Throws `PartitionNotFound`. */
  partitionState(partitionId: string): PartitionState {
    return this.#parts.eventLog.state(this.#partition(partitionId));
  }

  /**
   * Throws `PartitionNotFound`, `ConsumerGroupNotFound`, `ReaderQuotaExceeded`, and `ReaderDisplaced` when a
   * reader with a higher epoch holds the partition.
   */
  async openReader(request: ReaderRequest): Promise<EventsReader> {
    const partition = this.#partition(request.partitionId);
    const group = this.#consumerGroup(request.consumerGroup);
    const position = await this.#startOf(partition, request.start);
    const key = `${group}/${partition}`;
    const readers = this.#readers.get(key) ?? new Set();
    this.#compete(readers, request);
    const reader = new EventsReader(this.#parts.eventLog, partition, position, request, () => {
      readers.delete(reader);
      if (readers.size === 0) this.#readers.delete(key);
    });
    readers.add(reader);
    this.#readers.set(key, readers);
    return reader;
  }

  /** Ends the readers of consumer groups that are no more. */
  closeUnknownGroups(): void {
    const known = this.#parts.settings().consumerGroups;
    for (const [key, readers] of [...this.#readers]) {
      const group = key.slice(0, key.lastIndexOf("/"));
      if (known.includes(group)) continue;
      for (const reader of [...readers]) reader.end(groupNotFound(group));
    }
  }

  /** The highest epoch wins, the newest among equals; without one, readers share up to a limit. */
  #compete(readers: Set<EventsReader>, { epoch, partitionId }: ReaderRequest): void {
    for (const other of readers) {
      if (other.epoch !== undefined && (epoch === undefined || epoch < other.epoch)) {
        throw new HubError(
          "ReaderDisplaced",
          `A reader with epoch ${other.epoch} holds partition '${partitionId}'`,
          { partitionId },
        );
      }
    }
    if (epoch === undefined) {
      if (readers.size < this.#parts.limits.readersPerPartitionMax) return;
      throw new HubError(
        "ReaderQuotaExceeded",
        `Partition '${partitionId}' already has ${readers.size} readers of this consumer group`,
        { partitionId },
      );
    }
    for (const other of [...readers]) other.displace(epoch);
  }

  async #startOf(partition: number, start: StartPosition): Promise<number> {
    const { eventLog } = this.#parts;
    switch (start.kind) {
      case "earliest":
        return eventLog.state(partition).firstPosition;
      case "latest":
        return eventLog.state(partition).lastPosition + 1;
      case "position":
        return start.isInclusive ? start.position : start.position + 1;
      case "time":
        // Times are whole milliseconds: "after t" is "at or after t + 1".
        return eventLog.positionAt(partition, start.isInclusive ? start.timeMs : start.timeMs + 1);
    }
  }

  #partition(partitionId: string): number {
    const partition = this.partitionIds.indexOf(partitionId);
    if (partition >= 0) return partition;
    throw new HubError("PartitionNotFound", `The hub has no partition '${partitionId}'`, {
      partitionId,
    });
  }

  #consumerGroup(name: string): string {
    const lowered = name.toLowerCase();
    const known = this.#parts
      .settings()
      .consumerGroups.find((group) => group.toLowerCase() === lowered);
    if (known !== undefined) return known;
    throw groupNotFound(name);
  }
}

function groupNotFound(name: string): HubError {
  return new HubError("ConsumerGroupNotFound", `The hub has no consumer group '${name}'`, {
    consumerGroup: name,
  });
}

/** One place in a partition, moved on by whoever delivers the events. */
export class EventsReader implements Disposable {
  readonly epoch: bigint | undefined;
  /** The next event to deliver. */
  position: number;
  readonly #log: EventLog;
  readonly #partition: number;
  readonly #request: ReaderRequest;
  readonly #onClosed: () => void;
  #isClosed = false;

  constructor(
    log: EventLog,
    partition: number,
    position: number,
    request: ReaderRequest,
    onClosed: () => void,
  ) {
    this.#log = log;
    this.#partition = partition;
    this.position = position;
    this.#request = request;
    this.epoch = request.epoch;
    this.#onClosed = onClosed;
  }

  get state(): PartitionState {
    return this.#log.state(this.#partition);
  }

  /** True when something at or after the position is on disk. */
  get hasMore(): boolean {
    return this.state.lastPosition >= this.position;
  }

  /**
   * Batches holding events from the position on; the first may begin before it. Empty at the end. Moves the
   * position forward when retention has removed what it pointed at.
   */
  async read(limits: { bytesMax: number }): Promise<readonly EventBatch[]> {
    this.position = Math.max(this.position, this.state.firstPosition);
    if (!this.hasMore) return [];
    return this.#log.read(this.#partition, this.position, limits);
  }

  onAppended(listener: () => void): Disposable {
    return this.#log.onAppended(this.#partition, listener);
  }

  displace(epoch: bigint): void {
    const { partitionId } = this.#request;
    const message = `A reader with epoch ${epoch} took the partition`;
    this.end(new HubError("ReaderDisplaced", message, { partitionId }));
  }

  /** Not by its own will: who reads is told why. */
  end(reason: HubError): void {
    this[Symbol.dispose]();
    this.#request.onDisplaced(reason);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}
