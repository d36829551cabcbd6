import type { Clock } from "@larimar/domain";

/** Its timers do not keep the process alive: nothing here is worth waiting for. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
