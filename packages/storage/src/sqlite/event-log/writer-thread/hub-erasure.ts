import type Database from "better-sqlite3";

/** Removes a hub's events and partitions, a bounded amount at a time. */
export class HubErasure {
  readonly #findPartitions: Database.Statement<[string], { id: number }>;
  readonly #deleteBatches: Database.Statement<[number, number]>;
  readonly #deletePartitions: Database.Statement<[string]>;
  readonly #run: Database.Transaction<(hub: string) => boolean>;

  constructor(database: Database.Database, limits: { readonly sweepBatchesMax: number }) {
    this.#findPartitions = database.prepare("SELECT id FROM partitions WHERE hub = ?");
    this.#deleteBatches = database.prepare(
      `DELETE FROM batches WHERE rowid IN (
         SELECT rowid FROM batches WHERE partition_id = ? ORDER BY first_position LIMIT ?)`,
    );
    this.#deletePartitions = database.prepare("DELETE FROM partitions WHERE hub = ?");
    this.#run = database.transaction((hub: string) => {
      let left = limits.sweepBatchesMax;
      for (const { id } of this.#findPartitions.all(hub)) {
        left -= this.#deleteBatches.run(id, left).changes;
        if (left <= 0) return false;
      }
      this.#deletePartitions.run(hub);
      return true;
    });
  }

  /** True when nothing is left. */
  run(hub: string): boolean {
    return this.#run(hub);
  }
}
