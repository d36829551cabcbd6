import type { Clock } from "@larimar/domain";

/**
 * A device has its answer no sooner than this after its question, over protocols where answers come by
 * themselves: the Java client sends before it begins to wait, and an answer that is faster than that wakes
 * nobody. Devices wait for seconds between two questions anyway.
 */
export const PROVISIONING_ANSWER_MS_MIN = 200;

/** Begins now. */
export function shortestWait(clock: Clock, waitMs: number): Promise<void> | undefined {
  return waitMs === 0 ? undefined : new Promise((resolve) => clock.after(waitMs, resolve));
}
