import type { Secrets } from "../access/secrets.ts";

/** The hosted service uses a count of 100 ns ticks; the last digits keep quick re-creations apart. */
export function createGenerationId(nowMs: number, secrets: Secrets): string {
  const ticksAtEpoch = 621_355_968_000_000_000n;
  const below = BigInt(`0x${secrets.createUuid().slice(0, 8)}`) % 10_000n;
  return String(ticksAtEpoch + BigInt(nowMs) * 10_000n + below);
}
