import type { StorageLimits } from "../../storage-limits.ts";
import type { KeptValue, MemoryColumn, MemoryKey } from "./memory-column.ts";
import { BYTES_PER_TWIN, keep, keptOf, nameOfMemory, openColumn } from "./memory-column.ts";
import type { TwinSections } from "./twin-place.ts";
import { valueAt } from "./twin-place.ts";

interface Entry {
  readonly column: MemoryColumn;
  /** What changed while a thread still reads what the database has; undefined once it is done. */
  changes: Map<number, KeptValue> | undefined;
}

type TwinMemoryLimits = Pick<StorageLimits, "twinMemoryBytesMax" | "twinMemoryChangesMax">;

/** So many more ids can be given before a column has to be read anew. */
const ROOM_TO_GROW = 1.25;
const ROOM_MIN = 4096;

/**
 * Values of twins in memory, for places that queries ask about: numbers, which devices change too often for an
 * index on disk, and signatures of texts, whose parts no index on disk finds. Threads of queries read them, and
 * look each twin up that they find here; the event loop alone writes them, with every commit. (decisions 11, 12)
 */
export class TwinMemory {
  readonly #limits: TwinMemoryLimits;
  /** What was asked about longest ago comes first. */
  readonly #entries = new Map<string, Entry>();

  constructor(limits: TwinMemoryLimits) {
    this.#limits = limits;
  }

  /** Those that can be asked. */
  get columns(): readonly MemoryColumn[] {
    const read = [...this.#entries.values()].filter(({ changes }) => changes === undefined);
    return read.map(({ column }) => column);
  }

  /** After a commit that the twin is in. */
  changed(id: number, twin: TwinSections): void {
    for (const [name, entry] of this.#entries) {
      const { kind, place } = entry.column;
      if (!this.#take(entry, id, keptOf(kind, valueAt(twin, place)))) this.#entries.delete(name);
    }
  }

  /**
   * A column for a thread to fill with what a snapshot has that begins from now on; undefined when it is
   * known already, or would take too much memory.
   */
  begin(key: MemoryKey, lastId: number): MemoryColumn | undefined {
    const name = nameOfMemory(key);
    const ids = Math.max(Math.ceil(lastId * ROOM_TO_GROW), lastId + ROOM_MIN) + 1;
    const bytes = ids * BYTES_PER_TWIN;
    if (this.#entries.has(name) || bytes > this.#limits.twinMemoryBytesMax) return undefined;
    for (const [oldest] of this.#entries) {
      if (this.#bytes() + bytes <= this.#limits.twinMemoryBytesMax) break;
      this.#entries.delete(oldest);
    }
    const column = openColumn(key, bytes);
    this.#entries.set(name, { column, changes: new Map() });
    return column;
  }

  /** What was begun holds what its snapshot has. */
  finish(begun: MemoryColumn): void {
    const entry = this.#entries.get(nameOfMemory(begun));
    if (entry?.column !== begun) return;
    for (const [id, kept] of entry.changes ?? []) keep(begun, id, kept);
    entry.changes = undefined;
  }

  /** What was begun will not be filled. */
  abandon(begun: MemoryColumn): void {
    const name = nameOfMemory(begun);
    if (this.#entries.get(name)?.column === begun) this.#entries.delete(name);
  }

  used(keys: readonly MemoryKey[]): void {
    for (const key of keys) {
      const name = nameOfMemory(key);
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      this.#entries.delete(name);
      this.#entries.set(name, entry);
    }
  }

  #take({ column, changes }: Entry, id: number, kept: KeptValue): boolean {
    if ((id + 1) * BYTES_PER_TWIN > column.values.byteLength) return false;
    if (changes === undefined) keep(column, id, kept);
    else changes.set(id, kept);
    return changes === undefined || changes.size <= this.#limits.twinMemoryChangesMax;
  }

  #bytes(): number {
    return [...this.#entries.values()].reduce(
      (sum, { column }) => sum + column.values.byteLength,
      0,
    );
  }
}
