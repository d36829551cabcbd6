import type { Clock, ServiceGrant } from "@larimar/domain";
import type { Link } from "../engine/link.ts";
import { toAmqpError } from "../error-conditions.ts";

/** Timers reach no further than 2^31 ms; a token for years is looked at again on the way. */
const LONGEST_TIMER_MS = 2_000_000_000;

/**
 * Calls `onExpired` when the proof ends. It says until when there is another one, if the client has renewed
 * it meanwhile.
 */
export function watchExpiry(
  clock: Clock,
  expiresAtMs: number,
  onExpired: () => number | undefined,
): Disposable {
  let until = expiresAtMs;
  const arm = () =>
    clock.after(Math.min(Math.max(until - clock.now(), 0), LONGEST_TIMER_MS), () => {
      if (clock.now() < until) {
        timer = arm();
        return;
      }
      const renewedUntil = onExpired();
      if (renewedUntil === undefined) return;
      until = renewedUntil;
      timer = arm();
    });
  let timer = arm();
  return { [Symbol.dispose]: () => timer.cancel() };
}

/** Detaches the link when its grant ends and `authorize` finds no other. */
export function detachAtExpiry(clock: Clock, link: Link, authorize: () => ServiceGrant): void {
  const expiry = watchExpiry(clock, authorize().expiresAtMs, () => {
    try {
      return authorize().expiresAtMs;
    } catch (error) {
      link.detach(toAmqpError(error));
      return undefined;
    }
  });
  link.onDetached(() => expiry[Symbol.dispose]());
}
