import type { Secrets } from "../access/secrets.ts";
import { describeIdentity } from "../devices/device.ts";
import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Admission } from "../limits/admission.ts";
import { blocksOf } from "../limits/admission.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Message } from "../telemetry/message.ts";
import type { Clock } from "../time/clock.ts";
import type { Command, CommandAck, CommandOutcome, LockedCommand } from "./command.ts";
import { wantsFeedback } from "./command.ts";
import type { CommandSettings } from "./command-settings.ts";
import type { CommandStore } from "./command-store.ts";
import type { Feedback } from "./feedback.ts";

export interface CommandsParts {
  readonly store: CommandStore;
  readonly feedback: Feedback;
  readonly sessions: Sessions;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly settings: () => CommandSettings;
  readonly admission: Admission;
  /** The identity's generation; undefined when it is not registered. */
  readonly generationOf: (key: IdentityKey) => Promise<string | undefined>;
}

export interface SendCommand {
  readonly key: IdentityKey;
  readonly message: Message;
  readonly ack: CommandAck;
}

/** A sweep looks at this many expired commands at once, then comes back. */
const EXPIRED_PER_SWEEP_MAX = 256;
/** However many a client could take, commands are locked in portions of this size. */
const LOCKED_AT_ONCE_MAX = 50;

/** Cloud-to-device messages: a durable queue for each device, and what became of each message. */
export class Commands {
  readonly #parts: CommandsParts;
  /** Identities whose queue is being pushed to their session right now, and whether to look again. */
  readonly #pushing = new Map<string, { again: boolean }>();

  constructor(parts: CommandsParts) {
    this.#parts = parts;
  }

  /** On disk when it resolves. Throws `DeviceNotFound`, `QueueFull`, `MessageTooLarge`, `ExpiryInvalid`. */
  async send(request: SendCommand): Promise<void> {
    const { key, message, ack } = request;
    const settings = this.#parts.settings();
    const nowMs = this.#parts.clock.now();
    checkSize(message, settings);
    const expiresAtMs = resolveExpiry(message, nowMs, settings);
    if ((await this.#parts.generationOf(key)) === undefined) throw notFound(key);
    const bytes = message.body.byteLength + message.properties.sizeBytes;
    await this.#parts.admission.admit("commandSends", {
      charge: (blockBytes) => blocksOf(bytes, blockBytes),
    });
    // Expired commands must not fill the queue.
    await this.#expire(key);
    const command = { key, message, ack, enqueuedAtMs: nowMs, expiresAtMs };
    if ((await this.#parts.store.enqueue(command, settings.queueLengthMax)) === "full") {
      throw new HubError(
        "QueueFull",
        `'${describeIdentity(key)}' already has ${settings.queueLengthMax} commands waiting`,
        { deviceId: key.deviceId },
      );
    }
    this.#pushSoon(key);
  }

  /** Takes one command by hand, as devices on HTTPS do. */
  async receive(key: IdentityKey, lockDurationMs?: number): Promise<LockedCommand | undefined> {
    await this.#expire(key);
    const [command] = await this.#lock(key, 1, lockDurationMs);
    return command;
  }

  /** Throws `LockLost`. */
  async complete(key: IdentityKey, lockToken: string): Promise<void> {
    await this.#settle(key, lockToken, "Success");
  }

  /** Throws `LockLost`. */
  async reject(key: IdentityKey, lockToken: string): Promise<void> {
    await this.#settle(key, lockToken, "Rejected");
  }

  /** Back to the queue, and away for good when that happened too often. Throws `LockLost`. */
  async abandon(key: IdentityKey, lockToken: string): Promise<void> {
    const { store, clock, settings } = this.#parts;
    const outcome = await store.release(key, lockToken, {
      nowMs: clock.now(),
      countsDelivery: true,
      deliveryCountMax: settings().deliveryCountMax,
    });
    if (outcome === undefined) throw lockLost(key);
    if (outcome.isRemoved) await this.#report([outcome.command], "DeliveryCountExceeded");
    this.#pushSoon(key);
  }

  /** The connection went away before settling: back to the queue, without counting a delivery. */
  async release(key: IdentityKey, lockToken: string): Promise<void> {
    const { store, clock, settings } = this.#parts;
    await store.release(key, lockToken, {
      nowMs: clock.now(),
      countsDelivery: false,
      deliveryCountMax: settings().deliveryCountMax,
    });
    this.#pushSoon(key);
  }

  async purge(key: IdentityKey): Promise<number> {
    if ((await this.#parts.generationOf(key)) === undefined) throw notFound(key);
    const purged = await this.#parts.store.removeAll(key);
    await this.#report(purged, "Purged");
    return purged.length;
  }

  /** The identity is gone: its commands go without feedback. */
  async forget(key: IdentityKey): Promise<void> {
    await this.#parts.store.removeAll(key);
  }

  count(key: IdentityKey): Promise<number> {
    return this.#parts.store.count(key);
  }

  /** Sweeps expired commands of all identities; the hub calls it from time to time. */
  async sweep(): Promise<void> {
    await this.#expire(undefined);
  }

  /** Hands waiting commands to the identity's session, as many as it can take, one pass at a time. */
  async push(key: IdentityKey): Promise<void> {
    const name = describeIdentity(key);
    const running = this.#pushing.get(name);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const state = { again: true };
    this.#pushing.set(name, state);
    try {
      while (state.again) {
        state.again = false;
        await this.#pushOnce(key);
      }
    } finally {
      this.#pushing.delete(name);
    }
  }

  /** Nobody waits for it: what the store refuses goes with the next command, or when the session asks. */
  #pushSoon(key: IdentityKey): void {
    this.push(key).catch(() => {});
  }

  async #pushOnce(key: IdentityKey): Promise<void> {
    const capacity = this.#parts.sessions.find(key)?.commands?.capacity ?? 0;
    if (capacity <= 0) return;
    await this.#expire(key);
    for (const command of await this.#lock(key, Math.min(capacity, LOCKED_AT_ONCE_MAX))) {
      // The session may have ended while the store was busy; its successor gets the command.
      const inlet = this.#parts.sessions.find(key)?.commands;
      if (inlet === undefined) await this.release(key, command.lockToken);
      else inlet.deliver(command);
    }
  }

  #lock(
    key: IdentityKey,
    limit: number,
    lockDurationMs?: number,
  ): Promise<readonly LockedCommand[]> {
    const { store, clock, secrets, settings } = this.#parts;
    const nowMs = clock.now();
    const durationMs = lockDurationMs ?? settings().lockDurationMs;
    return store.lock({
      key,
      limit,
      nowMs,
      lockedUntilMs: nowMs + durationMs,
      createLockToken: () => secrets.createUuid(),
    });
  }

  async #settle(key: IdentityKey, lockToken: string, outcome: CommandOutcome): Promise<void> {
    const command = await this.#parts.store.settle(key, lockToken, this.#parts.clock.now());
    if (command === undefined) throw lockLost(key);
    await this.#report([command], outcome);
    this.#pushSoon(key);
  }

  async #expire(key: IdentityKey | undefined): Promise<void> {
    const expired = await this.#parts.store.removeExpired({
      ...(key === undefined ? {} : { key }),
      nowMs: this.#parts.clock.now(),
      limit: EXPIRED_PER_SWEEP_MAX,
    });
    await this.#report(expired, "Expired");
  }

  async #report(commands: readonly Command[], outcome: CommandOutcome): Promise<void> {
    for (const command of commands) {
      if (!wantsFeedback(command.ack, outcome)) continue;
      const deviceGenerationId = await this.#parts.generationOf(command.key);
      if (deviceGenerationId === undefined) continue;
      await this.#parts.feedback.add({
        originalMessageId: command.message.properties.system.messageId ?? "",
        enqueuedAtMs: this.#parts.clock.now(),
        outcome,
        deviceId: command.key.deviceId,
        deviceGenerationId,
      });
    }
  }
}

function checkSize(message: Message, settings: CommandSettings): void {
  const bytes = message.body.byteLength + message.properties.sizeBytes;
  if (bytes <= settings.commandBytesMax) return;
  throw new HubError(
    "MessageTooLarge",
    `A command of ${bytes} bytes exceeds ${settings.commandBytesMax}`,
    { bytes },
  );
}

function resolveExpiry(message: Message, nowMs: number, settings: CommandSettings): number {
  const { expiresAtMs } = message.properties.system;
  if (expiresAtMs === undefined) return nowMs + settings.defaultTimeToLiveMs;
  if (expiresAtMs <= nowMs) {
    throw new HubError("ExpiryInvalid", "The command's expiry time is in the past");
  }
  if (expiresAtMs > nowMs + settings.timeToLiveMaxMs) {
    throw new HubError("ExpiryInvalid", "The command's expiry time is too far in the future");
  }
  return expiresAtMs;
}

function notFound(key: IdentityKey): HubError {
  return new HubError(
    key.moduleId === undefined ? "DeviceNotFound" : "ModuleNotFound",
    `'${describeIdentity(key)}' is not registered.`,
    { deviceId: key.deviceId, moduleId: key.moduleId },
  );
}

function lockLost(key: IdentityKey): HubError {
  return new HubError("LockLost", `The lock on a command of '${describeIdentity(key)}' is lost`, {
    deviceId: key.deviceId,
  });
}
