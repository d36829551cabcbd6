/** Counters of AMQP wrap around at 2^32. [AMQP 1.0 2.8.10, RFC 1982] */

export function advance(counter: number, by = 1): number {
  return (counter + by) >>> 0;
}

/** How far `later` is ahead of `earlier`; negative when it is behind. */
export function distance(earlier: number, later: number): number {
  return (later - earlier) | 0;
}
