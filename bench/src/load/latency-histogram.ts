const SUB_BUCKET_BITS = 5;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const OCTAVES = 32 - SUB_BUCKET_BITS;

export interface LatencySummary {
  count: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/** Counts microseconds in buckets about 3 % wide: constant memory and a few nanoseconds per value. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(SUB_BUCKETS * (OCTAVES + 1));
  #count = 0;
  #maxUs = 0;

  recordMs(latencyMs: number): void {
    const us = Math.max(0, Math.round(latencyMs * 1000));
    this.#counts[bucketOf(us)]! += 1;
    this.#count += 1;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxUs = 0;
  }

  /** The smallest recorded bucket that at least this share (0…1) of the values is not above. */
  quantileMs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(upperBoundUs(bucket), this.#maxUs) / 1000;
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      p50Ms: this.quantileMs(0.5),
      p90Ms: this.quantileMs(0.9),
      p99Ms: this.quantileMs(0.99),
      p999Ms: this.quantileMs(0.999),
      maxMs: this.#maxUs / 1000,
    };
  }
}

function bucketOf(us: number): number {
  const capped = Math.min(us, 0x7fff_ffff);
  if (capped < SUB_BUCKETS) return capped;
  const shift = 31 - Math.clz32(capped) - SUB_BUCKET_BITS;
  return SUB_BUCKETS * (shift + 1) + ((capped >> shift) - SUB_BUCKETS);
}

function upperBoundUs(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const low = ((bucket % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** shift;
  return low + 2 ** shift - 1;
}
