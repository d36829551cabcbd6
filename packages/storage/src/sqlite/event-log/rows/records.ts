/**
 * All this package knows of a record: a big-endian u32 with the length of what follows it, and the time it
 * was enqueued as a big-endian f64. The highest bit of the length says that the record needs one before it,
 * so that no row may begin with it. The rest is the encoder's.
 */
const LENGTH_BYTES = 4;
const REFERS = 0x8000_0000;

export function recordEnd(view: DataView, at: number): number {
  return at + LENGTH_BYTES + (view.getUint32(at) & ~REFERS);
}

export function needsEarlierRecord(view: DataView, at: number): boolean {
  return view.getUint32(at) >= REFERS;
}

function recordTimeMs(view: DataView, at: number): number {
  return view.getFloat64(at + LENGTH_BYTES);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How many of the records come before the given time; times never run backwards. */
export function countBefore(records: Uint8Array, timeMs: number): number {
  const view = viewOf(records);
  let count = 0;
  for (let at = 0; at < view.byteLength; at = recordEnd(view, at)) {
    if (recordTimeMs(view, at) >= timeMs) break;
    count += 1;
  }
  return count;
}
