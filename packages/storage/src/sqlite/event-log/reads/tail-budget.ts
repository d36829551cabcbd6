import type { Partition } from "../partition.ts";

/** Keeps the memory for recent events within its limits, for each partition and for all together. */
export class TailBudget {
  readonly #limits: {
    readonly tailBytesPerPartitionMax: number;
    readonly tailBytesMax: number;
  };
  readonly #partitions = new Set<Partition>();

  constructor(limits: { tailBytesPerPartitionMax: number; tailBytesMax: number }) {
    this.#limits = limits;
  }

  watch(partition: Partition): void {
    this.#partitions.add(partition);
  }

  forget(partition: Partition): void {
    this.#partitions.delete(partition);
  }

  /** To be called when these have grown. */
  shrink(grown: Iterable<Partition>): void {
    for (const { tail } of grown) {
      while (tail.bytes > this.#limits.tailBytesPerPartitionMax) tail.dropFirst();
    }
    let bytes = 0;
    for (const { tail } of this.#partitions) bytes += tail.bytes;
    while (bytes > this.#limits.tailBytesMax) bytes -= this.#shrinkLargest();
  }

  #shrinkLargest(): number {
    let largest: Partition | undefined;
    for (const partition of this.#partitions) {
      if (partition.tail.bytes > (largest?.tail.bytes ?? 0)) largest = partition;
    }
    const before = largest?.tail.bytes ?? 0;
    largest?.tail.dropFirst();
    return before - (largest?.tail.bytes ?? 0);
  }
}
