import {
  HubError,
  type Append,
  type EventBatch,
  type EventLog,
  type PartitionState,
} from "@larimar/domain";
import type { EventGroups } from "./appends/event-groups.ts";
import type { EventReads } from "./reads/event-reads.ts";
import type { Partition } from "./partition.ts";

/** The event log of one hub; the machinery behind it is shared by all. */
export class SqliteHubEventLog implements EventLog {
  readonly partitions: readonly Partition[];
  readonly #hub: string;
  readonly #groups: EventGroups;
  readonly #reads: EventReads;
  #isClosed = false;

  constructor(
    hub: string,
    parts: { partitions: readonly Partition[]; groups: EventGroups; reads: EventReads },
  ) {
    this.#hub = hub;
    this.partitions = parts.partitions;
    this.#groups = parts.groups;
    this.#reads = parts.reads;
  }

  /** For a hub that goes: whoever still has this log is refused from now on. */
  close(): void {
    this.#isClosed = true;
  }

  get partitionCount(): number {
    return this.partitions.length;
  }

  append(entry: Append): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#gone());
    return this.#groups.append(this.#partition(entry.partition), entry);
  }

  get isCongested(): boolean {
    return this.#groups.congestion.isCongested;
  }

  drained(): Promise<void> {
    return this.#groups.congestion.drained();
  }

  state(partition: number): PartitionState {
    return this.#partition(partition).state;
  }

  async read(
    partition: number,
    fromPosition: number,
    limits: { bytesMax: number },
  ): Promise<readonly EventBatch[]> {
    if (this.#isClosed) throw this.#gone();
    return this.#reads.read(this.#partition(partition), fromPosition, limits.bytesMax);
  }

  async positionAt(partition: number, enqueuedAtMs: number): Promise<number> {
    if (this.#isClosed) throw this.#gone();
    return this.#reads.positionAt(this.#partition(partition), enqueuedAtMs);
  }

  onAppended(partition: number, listener: () => void): Disposable {
    return this.#partition(partition).listeners.add(listener);
  }

  #partition(index: number): Partition {
    const partition = this.partitions[index];
    if (partition !== undefined) return partition;
    throw new HubError("PartitionNotFound", `Hub '${this.#hub}' has no partition ${index}`, {
      partition: index,
    });
  }

  #gone(): HubError {
    return new HubError("HubNotFound", `Hub '${this.#hub}' is deleted`, { hub: this.#hub });
  }
}
