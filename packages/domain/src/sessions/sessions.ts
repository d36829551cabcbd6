import type { AuthenticatedIdentity } from "../access/access.ts";
import type { IdentityKey, Presence } from "../devices/device.ts";
import type { PresenceStore } from "../devices/device-store.ts";
import type { EventLog } from "../events/event-log.ts";
import type { EventOrigin } from "../events/event-origin.ts";
import { partitionOf } from "../events/partition-key.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { PresenceRecorder } from "./presence-recorder.ts";
import type { CloseReason, Protocol, Session, SessionConnection } from "./session.ts";

export interface SessionsParts {
  readonly clock: Clock;
  readonly presence: PresenceStore;
  readonly eventLog: EventLog;
}

export interface SessionRequest {
  readonly authenticated: AuthenticatedIdentity;
  readonly protocol: Protocol;
  readonly connection: SessionConnection;
  readonly modelId?: string | undefined;
}

/** Who is connected now, whatever protocol they speak. */
export class Sessions implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #eventLog: EventLog;
  readonly #recorder: PresenceRecorder;
  readonly #live = new Map<string, LiveSession>();

  constructor(parts: SessionsParts) {
    this.#clock = parts.clock;
    this.#eventLog = parts.eventLog;
    this.#recorder = new PresenceRecorder(parts.clock, parts.presence);
  }

  get count(): number {
    return this.#live.size;
  }

  /** A second connection for the same identity takes over; the first is closed. */
  open(request: SessionRequest): Session {
    const { authenticated, protocol, connection, modelId } = request;
    const { identity, generationId, authMethod, expiresAtMs } = authenticated;
    const key = keyOf(identity);
    this.#live.get(key)?.close("takenOver");
    const session = new LiveSession({
      identity,
      protocol,
      connection,
      clock: this.#clock,
      origin: { source: "Telemetry", identity, generationId, authMethod, modelId },
      partition: partitionOf(identity.deviceId, this.#eventLog.partitionCount),
      onEnd: (ended) => this.#forget(key, ended),
    });
    this.#live.set(key, session);
    session.renew(expiresAtMs);
    this.#recorder.connected(identity);
    return session;
  }

  isConnected(identity: IdentityKey): boolean {
    return this.#live.has(keyOf(identity));
  }

  /** What is known of an identity's presence that the store may not have yet. */
  presenceOf(identity: IdentityKey, stored: Presence | undefined): Presence {
    return this.#recorder.latest(identity, stored, this.isConnected(identity));
  }

  /** Closes the identity's session; for a device, those of its modules too. */
  close(identity: IdentityKey, reason: CloseReason): void {
    this.#live.get(keyOf(identity))?.close(reason);
    if (identity.moduleId !== undefined) return;
    for (const session of this.#live.values()) {
      if (session.identity.deviceId === identity.deviceId) session.close(reason);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#live.values()) session.close("shutdown");
    await this.#recorder[Symbol.asyncDispose]();
  }

  #forget(key: string, session: LiveSession): void {
    // A session that was taken over must not take its successor down with it.
    if (this.#live.get(key) !== session) return;
    this.#live.delete(key);
    this.#recorder.disconnected(session.identity);
  }
}

/** Ids cannot contain a slash, so the pair has one spelling. */
function keyOf(identity: IdentityKey): string {
  return identity.moduleId === undefined
    ? identity.deviceId
    : `${identity.deviceId}/${identity.moduleId}`;
}

interface LiveSessionParts {
  readonly identity: IdentityKey;
  readonly protocol: Protocol;
  readonly connection: SessionConnection;
  readonly clock: Clock;
  readonly origin: EventOrigin;
  readonly partition: number;
  readonly onEnd: (session: LiveSession) => void;
}

class LiveSession implements Session {
  readonly identity: IdentityKey;
  readonly protocol: Protocol;
  readonly origin: EventOrigin;
  readonly partition: number;
  readonly #parts: LiveSessionParts;
  #expiry: Timer | undefined;
  #isEnded = false;

  constructor(parts: LiveSessionParts) {
    this.identity = parts.identity;
    this.protocol = parts.protocol;
    this.origin = parts.origin;
    this.partition = parts.partition;
    this.#parts = parts;
  }

  renew(expiresAtMs: number | undefined): void {
    this.#expiry?.cancel();
    this.#expiry = undefined;
    if (expiresAtMs === undefined || this.#isEnded) return;
    const { clock } = this.#parts;
    // Timers cannot reach further than 2^31 ms; a token for years is looked at again on the way.
    const delayMs = Math.min(Math.max(expiresAtMs - clock.now(), 0), LONGEST_TIMER_MS);
    this.#expiry = clock.after(delayMs, () => {
      if (clock.now() >= expiresAtMs) this.close("tokenExpired");
      else this.renew(expiresAtMs);
    });
  }

  close(reason: CloseReason): void {
    if (this.#isEnded) return;
    this.end();
    this.#parts.connection.close(reason);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#expiry?.cancel();
    this.#parts.onEnd(this);
  }
}

const LONGEST_TIMER_MS = 2_000_000_000;
