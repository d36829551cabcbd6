import type { AuthenticatedIdentity } from "../access/access.ts";
import type { IdentityKey, Presence } from "../devices/device.ts";
import type { PresenceStore } from "../devices/device-store.ts";
import type { EventLog } from "../events/event-log.ts";
import type { EventOrigin } from "../events/event-origin.ts";
import { partitionOf } from "../events/partition-key.ts";
import type { HubObservers } from "../hubs/hub-observer.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { Revocations } from "./revocations.ts";
import { PresenceRecorder } from "./presence-recorder.ts";
import type { CommandInlet, DesiredInlet, MethodInlet } from "./inlets.ts";
import type {
  CloseReason,
  InjectedFault,
  Protocol,
  Session,
  SessionConnection,
} from "./session.ts";

export interface SessionsParts {
  readonly clock: Clock;
  readonly presence: PresenceStore;
  readonly eventLog: EventLog;
  readonly observers: HubObservers;
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
  readonly #observers: HubObservers;
  readonly #revocations = new Revocations();
  readonly #live = new Map<string, LiveSession>();
  readonly #anyListening = new Set<(session: Session) => void>();
  readonly #listening = new Map<string, Set<(session: Session) => void>>();

  constructor(parts: SessionsParts) {
    this.#clock = parts.clock;
    this.#eventLog = parts.eventLog;
    this.#observers = parts.observers;
    this.#recorder = new PresenceRecorder(parts.clock, parts.presence);
  }

  get count(): number {
    return this.#live.size;
  }

  /** Goes up when an identity must not be connected any more as it was; proofs are dated with it. */
  get revision(): number {
    return this.#revocations.revision;
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
      onListening: (changed) => {
        for (const listener of [...(this.#listening.get(key) ?? [])]) listener(changed);
        for (const listener of [...this.#anyListening]) listener(changed);
      },
    });
    this.#live.set(key, session);
    session.renew(expiresAtMs);
    this.#recorder.connected(identity);
    this.#observers.connectionChanged(identity, true);
    const { revision } = authenticated;
    const reason =
      revision === undefined ? undefined : this.#revocations.reasonAgainst(identity, revision);
    // The head has its session first: it is told in the way it is always told.
    if (reason !== undefined) void Promise.resolve().then(() => session.close(reason));
    return session;
  }

  find(identity: IdentityKey): Session | undefined {
    return this.#live.get(keyOf(identity));
  }

  /** Calls `listener` whenever a session of the identity begins to listen for something. */
  onListening(identity: IdentityKey, listener: (session: Session) => void): Disposable {
    const key = keyOf(identity);
    const listeners = this.#listening.get(key) ?? new Set();
    listeners.add(listener);
    this.#listening.set(key, listeners);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#listening.delete(key);
      },
    };
  }

  /** The same for the sessions of all identities. */
  onAnyListening(listener: (session: Session) => void): Disposable {
    this.#anyListening.add(listener);
    return { [Symbol.dispose]: () => void this.#anyListening.delete(listener) };
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
    if (reason === "identityDisabled" || reason === "identityDeleted") {
      this.#revocations.note(identity, reason, { coversModules: true });
    }
    this.#closeLive(identity, reason);
    if (reason === "identityDeleted") this.#recorder.forget(identity);
  }

  /** What the identity proved itself with may be worth nothing any more: it has to do it again. */
  credentialsChanged(identity: IdentityKey): void {
    const reason = "credentialsChanged";
    this.#revocations.note(identity, reason, { coversModules: false });
    const session = this.#live.get(keyOf(identity));
    // A policy's token vouches for an identity whatever its own keys are.
    if (session?.origin.authMethod?.scope !== "hub") session?.close(reason);
  }

  #closeLive(identity: IdentityKey, reason: CloseReason): void {
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
    this.#observers.connectionChanged(session.identity, false);
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
  readonly onListening: (session: LiveSession) => void;
}

class LiveSession implements Session {
  readonly identity: IdentityKey;
  readonly protocol: Protocol;
  readonly origin: EventOrigin;
  readonly partition: number;
  desired: DesiredInlet | undefined;
  readonly #parts: LiveSessionParts;
  #methods: MethodInlet | undefined;
  #commands: CommandInlet | undefined;
  #endListeners: Set<() => void> | undefined;
  #expiry: Timer | undefined;
  #isEnded = false;

  constructor(parts: LiveSessionParts) {
    this.identity = parts.identity;
    this.protocol = parts.protocol;
    this.origin = parts.origin;
    this.partition = parts.partition;
    this.#parts = parts;
  }

  get methods(): MethodInlet | undefined {
    return this.#methods;
  }

  set methods(inlet: MethodInlet | undefined) {
    this.#methods = inlet;
    if (inlet !== undefined) this.#parts.onListening(this);
  }

  get commands(): CommandInlet | undefined {
    return this.#commands;
  }

  set commands(inlet: CommandInlet | undefined) {
    this.#commands = inlet;
    if (inlet !== undefined) this.#parts.onListening(this);
  }

  onEnd(listener: () => void): Disposable {
    this.#endListeners ??= new Set();
    this.#endListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#endListeners?.delete(listener) };
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

  injectFault(fault: InjectedFault): void {
    this.#parts.connection.injectFault?.(fault);
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
    const listeners = this.#endListeners;
    this.#endListeners = undefined;
    for (const listener of listeners ?? []) listener();
  }
}

const LONGEST_TIMER_MS = 2_000_000_000;
