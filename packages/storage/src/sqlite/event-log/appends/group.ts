import type { Partition } from "../partition.ts";

/** Appends that go to the disk together and share one promise. */
export class Group {
  readonly committed: Promise<void>;
  readonly partitions = new Set<Partition>();
  bytes = 0;
  resolve!: () => void;
  reject!: (error: unknown) => void;

  constructor() {
    this.committed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
