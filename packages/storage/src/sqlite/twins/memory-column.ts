import type { JsonValue } from "@larimar/domain";
import type { TextSignature } from "./text-signature.ts";
import { NO_SIGNATURE, signatureOf } from "./text-signature.ts";
import type { TwinPlace } from "./twin-place.ts";
import { nameOfPlace } from "./twin-place.ts";

/** Queries ask about the numbers at a place, or about parts of the texts there. */
export interface MemoryKey {
  readonly kind: "numbers" | "texts";
  readonly place: TwinPlace;
}

/** The numbers themselves, at the ids of their twins; NaN where there is none. */
export interface NumbersColumn extends MemoryKey {
  readonly kind: "numbers";
  readonly values: Float64Array;
}

/** Signatures of the texts, one half behind the other; no bits where there is no text. */
export interface TextsColumn extends MemoryKey {
  readonly kind: "texts";
  readonly values: Int32Array;
}

/** Eight bytes for each twin, shared between the threads. */
export type MemoryColumn = NumbersColumn | TextsColumn;

export type KeptValue = number | TextSignature;

export const BYTES_PER_TWIN = 8;

export function nameOfMemory({ kind, place }: MemoryKey): string {
  return `${kind} ${nameOfPlace(place)}`;
}

export function openColumn({ kind, place }: MemoryKey, bytes: number): MemoryColumn {
  const memory = new SharedArrayBuffer(bytes);
  return kind === "numbers"
    ? { kind, place, values: new Float64Array(memory) }
    : { kind, place, values: new Int32Array(memory) };
}

/** What is kept of a value; nothing that a query finds, if it is of another kind. */
export function keptOf(kind: MemoryKey["kind"], value: JsonValue | undefined): KeptValue {
  if (kind === "numbers") return typeof value === "number" ? value : Number.NaN;
  return typeof value === "string" ? signatureOf(value) : NO_SIGNATURE;
}

/**
 * Others may read meanwhile. A number changes at once; of a signature they may see a half before and a half after,
 * which has all bits that both have, so that whoever looks for those finds it.
 */
export function keep({ values }: MemoryColumn, id: number, kept: KeptValue): void {
  if (typeof kept === "number") values[id] = kept;
  else {
    values[2 * id] = kept.low;
    values[2 * id + 1] = kept.high;
  }
}
