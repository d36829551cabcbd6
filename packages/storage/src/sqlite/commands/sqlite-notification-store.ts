import type { NotificationStore } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly id: number;
  readonly record: string;
  readonly enqueuedAtMs: number;
}

interface Waiting {
  readonly count: number;
  readonly oldestEnqueuedAtMs: number | null;
}

type Queue = [hub: string, queue: string];

/** The statements, prepared once for all hubs and queues. */
export class NotificationStatements {
  readonly insert: Database.Statement<[...Queue, string, number, number]>;
  readonly free: Database.Statement<[...Queue, number, number, number], Row>;
  readonly lock: Database.Statement<[string, number, number]>;
  readonly settle: Database.Statement<[...Queue, string, number]>;
  readonly release: Database.Statement<[...Queue, string, number]>;
  readonly removeWornOut: Database.Statement<[...Queue, number]>;
  readonly removeExpired: Database.Statement<[...Queue, number]>;
  readonly waiting: Database.Statement<[...Queue, number, number], Waiting>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    const isFree = "hub = ? AND queue = ? AND locked_until_ms <= ? AND expires_at_ms > ?";
    const isHeld = "hub = ? AND queue = ? AND lock_token = ? AND locked_until_ms > ?";
    this.insert = connection.prepare(
      `INSERT INTO notifications (hub, queue, record, enqueued_at_ms, expires_at_ms)
       VALUES (?, ?, ?, ?, ?)`,
    );
    this.free = connection.prepare(
      `SELECT id, record, enqueued_at_ms AS enqueuedAtMs FROM notifications WHERE ${isFree}
       ORDER BY id LIMIT ?`,
    );
    this.lock = connection.prepare(
      "UPDATE notifications SET lock_token = ?, locked_until_ms = ? WHERE id = ?",
    );
    this.settle = connection.prepare(`DELETE FROM notifications WHERE ${isHeld}`);
    this.release = connection.prepare(
      `UPDATE notifications SET lock_token = NULL, locked_until_ms = 0,
         delivery_count = delivery_count + 1 WHERE ${isHeld}`,
    );
    this.removeWornOut = connection.prepare(
      "DELETE FROM notifications WHERE hub = ? AND queue = ? AND delivery_count >= ?",
    );
    this.removeExpired = connection.prepare(
      "DELETE FROM notifications WHERE hub = ? AND queue = ? AND expires_at_ms <= ?",
    );
    this.waiting = connection.prepare(
      `SELECT count(*) AS count, min(enqueued_at_ms) AS oldestEnqueuedAtMs
       FROM notifications WHERE ${isFree}`,
    );
  }
}

/** One queue of JSON records: feedback, or file-upload notifications. */
export class SqliteNotificationStore<Record> implements NotificationStore<Record> {
  readonly #statements: NotificationStatements;
  readonly #hub: RowOwner;
  readonly #queue: Queue;

  constructor(statements: NotificationStatements, hub: RowOwner, queue: string) {
    this.#statements = statements;
    this.#hub = hub;
    this.#queue = [hub.key, queue];
  }

  async add(
    records: readonly Record[],
    { nowMs, expiresAtMs }: { nowMs: number; expiresAtMs: number },
  ): Promise<void> {
    const { insert } = this.#statements;
    await this.#hub.write(() => {
      for (const record of records) {
        insert.run(...this.#queue, JSON.stringify(record), nowMs, expiresAtMs);
      }
    });
  }

  async lock(
    request: Parameters<NotificationStore<Record>["lock"]>[0],
  ): Promise<{ lockToken: string; records: readonly Record[]; enqueuedAtMs: number } | undefined> {
    const { free, lock } = this.#statements;
    const { limit, nowMs, lockedUntilMs, lockToken } = request;
    return this.#hub.write(() => {
      const rows = free.all(...this.#queue, nowMs, nowMs, limit);
      const [first] = rows;
      if (first === undefined) return undefined;
      for (const row of rows) lock.run(lockToken, lockedUntilMs, row.id);
      const records = rows.map((row) => JSON.parse(row.record) as Record);
      return { lockToken, records, enqueuedAtMs: first.enqueuedAtMs };
    });
  }

  settle(lockToken: string, nowMs: number): Promise<boolean> {
    const { settle } = this.#statements;
    return this.#hub.write(() => settle.run(...this.#queue, lockToken, nowMs).changes > 0);
  }

  release(
    lockToken: string,
    { nowMs, deliveryCountMax }: { nowMs: number; deliveryCountMax: number },
  ): Promise<boolean> {
    const { release, removeWornOut } = this.#statements;
    return this.#hub.write(() => {
      const { changes } = release.run(...this.#queue, lockToken, nowMs);
      removeWornOut.run(...this.#queue, deliveryCountMax);
      return changes > 0;
    });
  }

  async removeExpired(nowMs: number): Promise<void> {
    const { removeExpired } = this.#statements;
    await this.#hub.write(() => removeExpired.run(...this.#queue, nowMs));
  }

  async waiting(nowMs: number): Promise<{ count: number; oldestEnqueuedAtMs: number }> {
    const found = this.#statements.waiting.get(...this.#queue, nowMs, nowMs);
    return { count: found?.count ?? 0, oldestEnqueuedAtMs: found?.oldestEnqueuedAtMs ?? 0 };
  }
}
