import type { IdentityKey } from "../devices/device.ts";
import { describeIdentity } from "../devices/device.ts";
import { HubError, type HubErrorCode } from "../errors/hub-error.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Message } from "../telemetry/message.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { FaultRequest } from "./fault-request.ts";
import { readFaultRequest } from "./fault-request.ts";

/** Faults that are waiting or under way; a message that asks for one more is a message like any other. */
const FAULTS_MAX = 1000;

/** Faults that leave the connection alone: the hub refuses what the device sends. */
const REFUSALS: Readonly<Record<string, HubErrorCode>> = {
  InvokeThrottling: "Throttled",
  InvokeMaxMessageQuota: "QuotaExceeded",
  InvokeAuthError: "Unauthorized",
};

interface ActiveFault {
  readonly refusal: HubErrorCode | undefined;
  readonly end: Timer;
}

/** Lets devices ask for trouble. A hub has it only where an operator wants it. */
export class Faults implements Disposable {
  readonly #clock: Clock;
  readonly #sessions: Sessions;
  readonly #waiting = new Set<Timer>();
  readonly #active = new Map<string, ActiveFault>();

  constructor(clock: Clock, sessions: Sessions) {
    this.#clock = clock;
    this.#sessions = sessions;
  }

  /** Throws what the identity asked to be answered with. */
  checkMessages(identity: IdentityKey): void {
    const refusal = this.#active.get(describeIdentity(identity))?.refusal;
    if (refusal !== undefined) throw injected(refusal, identity);
  }

  /** Throws `Busy` while the identity wants to stay cut off. */
  checkConnect(identity: IdentityKey): void {
    const active = this.#active.get(describeIdentity(identity));
    if (active !== undefined && active.refusal === undefined) throw injected("Busy", identity);
  }

  /** Takes up what the messages ask for. */
  take(identity: IdentityKey, messages: readonly Message[]): void {
    for (const { properties } of messages) {
      const request = readFaultRequest(properties.application);
      if (request === undefined) continue;
      if (this.#waiting.size + this.#active.size >= FAULTS_MAX) return;
      this.#schedule(identity, request);
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#waiting) timer.cancel();
    for (const { end } of this.#active.values()) end.cancel();
    this.#waiting.clear();
    this.#active.clear();
  }

  #schedule(identity: IdentityKey, request: FaultRequest): void {
    if (request.delayMs === 0) {
      this.#begin(identity, request);
      return;
    }
    const timer = this.#clock.after(request.delayMs, () => {
      this.#waiting.delete(timer);
      this.#begin(identity, request);
    });
    this.#waiting.add(timer);
  }

  #begin(identity: IdentityKey, { type, reason, durationMs }: FaultRequest): void {
    if (durationMs > 0) this.#keep(identity, REFUSALS[type], durationMs);
    if (REFUSALS[type] === undefined) this.#sessions.find(identity)?.injectFault({ type, reason });
  }

  #keep(identity: IdentityKey, refusal: HubErrorCode | undefined, durationMs: number): void {
    const name = describeIdentity(identity);
    this.#active.get(name)?.end.cancel();
    const end = this.#clock.after(durationMs, () => this.#active.delete(name));
    this.#active.set(name, { refusal, end });
  }
}

function injected(code: HubErrorCode, identity: IdentityKey): HubError {
  const name = describeIdentity(identity);
  return new HubError(code, `'${name}' asked for this refusal`, { deviceId: identity.deviceId });
}
