import type { Clock, Timer } from "./clock.ts";

/** Timers cannot reach further than 2^31 ms; what is later is looked at again on the way. */
const LONGEST_TIMER_MS = 2_000_000_000;

/** Calls `action` once, at a time that may be far away. */
export function alarmAt(clock: Clock, atMs: number, action: () => void): Timer {
  const ring = (): void => {
    if (clock.now() >= atMs) action();
    else timer = set();
  };
  const set = (): Timer =>
    clock.after(Math.min(Math.max(atMs - clock.now(), 0), LONGEST_TIMER_MS), ring);
  let timer = set();
  return { cancel: () => timer.cancel() };
}
