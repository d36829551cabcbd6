import type { IdentityKey } from "../devices/device.ts";
import type { Message } from "../telemetry/message.ts";
import type { Command, CommandAck, LockedCommand } from "./command.ts";

export interface NewCommand {
  readonly key: IdentityKey;
  readonly message: Message;
  readonly ack: CommandAck;
  readonly enqueuedAtMs: number;
  readonly expiresAtMs: number;
}

/** The command queues of one hub. Every change is on disk when its promise resolves. */
export interface CommandStore {
  /** Gives the command its sequence number, unless `queueLengthMax` are waiting or locked already. */
  enqueue(command: NewCommand, queueLengthMax: number): Promise<Command | "full">;
  /** Locks the oldest commands that nobody holds and that have not expired, in order. */
  lock(request: {
    key: IdentityKey;
    limit: number;
    nowMs: number;
    lockedUntilMs: number;
    createLockToken: () => string;
  }): Promise<readonly LockedCommand[]>;
  /** Removes a command that is held with this token and returns it; undefined when the lock is lost. */
  settle(key: IdentityKey, lockToken: string, nowMs: number): Promise<Command | undefined>;
  /**
   * Gives a held command back, one delivery older if that counts, and removes it when that makes
   * `deliveryCountMax`; undefined when the lock is lost.
   */
  release(
    key: IdentityKey,
    lockToken: string,
    options: { nowMs: number; countsDelivery: boolean; deliveryCountMax: number },
  ): Promise<{ command: Command; isRemoved: boolean } | undefined>;
  /** Removes the oldest expired commands, of one identity or of all, and returns them. */
  removeExpired(request: {
    key?: IdentityKey;
    nowMs: number;
    limit: number;
  }): Promise<readonly Command[]>;
  /** Removes everything an identity has waiting, held or not, and returns it. */
  removeAll(key: IdentityKey): Promise<readonly Command[]>;
  count(key: IdentityKey): Promise<number>;
}

/** Feedback that no back end has taken yet. */
export interface NotificationStore<Record> {
  add(records: readonly Record[], options: { nowMs: number; expiresAtMs: number }): Promise<void>;
  /** Locks the oldest free records as one batch; undefined when there is none. */
  lock(request: {
    limit: number;
    nowMs: number;
    lockedUntilMs: number;
    lockToken: string;
  }): Promise<{ lockToken: string; records: readonly Record[]; enqueuedAtMs: number } | undefined>;
  /** Removes a held batch; false when the lock is lost. */
  settle(lockToken: string, nowMs: number): Promise<boolean>;
  /** Gives a held batch back, or drops records delivered `deliveryCountMax` times already. */
  release(
    lockToken: string,
    options: { nowMs: number; deliveryCountMax: number },
  ): Promise<boolean>;
  removeExpired(nowMs: number): Promise<void>;
  /** How many records nobody holds, and since when the oldest waits. */
  waiting(nowMs: number): Promise<{ count: number; oldestEnqueuedAtMs: number }>;
}
