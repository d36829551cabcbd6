import type {
  Command,
  CommandStore,
  IdentityKey,
  LockedCommand,
  NewCommand,
  PropertyValue,
  SystemProperties,
} from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";

interface Row {
  readonly sequence_number: number;
  readonly device_id: string;
  readonly module_id: string;
  readonly ack: Command["ack"];
  readonly properties: string;
  readonly body: Buffer;
  readonly enqueued_at_ms: number;
  readonly expires_at_ms: number;
  readonly delivery_count: number;
}

type Key = [hub: string, deviceId: string, moduleId: string];

const IS_KEY = "hub = ? AND device_id = ? AND module_id = ?";
const IS_HELD = "lock_token = ? AND locked_until_ms > ?";

/** The statements, prepared once for all hubs. */
export class CommandStatements {
  readonly count: Database.Statement<Key, { count: number }>;
  readonly insert: Database.Statement<unknown[]>;
  readonly free: Database.Statement<[...Key, number, number, number], Row>;
  readonly lock: Database.Statement<[string, number, number]>;
  readonly held: Database.Statement<[...Key, string, number], Row>;
  readonly remove: Database.Statement<[number]>;
  readonly release: Database.Statement<[number, number]>;
  readonly expired: Database.Statement<[string, number, number, number], Row>;
  readonly expiredOf: Database.Statement<[...Key, number, number, number], Row>;
  readonly all: Database.Statement<Key, Row>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.count = connection.prepare(`SELECT count(*) AS count FROM commands WHERE ${IS_KEY}`);
    this.insert = connection.prepare(
      `INSERT INTO commands
         (hub, device_id, module_id, ack, properties, body, enqueued_at_ms, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.free = connection.prepare(
      `SELECT * FROM commands WHERE ${IS_KEY} AND locked_until_ms <= ? AND expires_at_ms > ?
       ORDER BY sequence_number LIMIT ?`,
    );
    this.lock = connection.prepare(
      "UPDATE commands SET lock_token = ?, locked_until_ms = ? WHERE sequence_number = ?",
    );
    this.held = connection.prepare(`SELECT * FROM commands WHERE ${IS_KEY} AND ${IS_HELD}`);
    this.remove = connection.prepare("DELETE FROM commands WHERE sequence_number = ?");
    this.release = connection.prepare(
      `UPDATE commands SET lock_token = NULL, locked_until_ms = 0,
         delivery_count = delivery_count + ? WHERE sequence_number = ?`,
    );
    this.expired = connection.prepare(
      `SELECT * FROM commands WHERE hub = ? AND expires_at_ms <= ? AND locked_until_ms <= ?
       ORDER BY expires_at_ms LIMIT ?`,
    );
    this.expiredOf = connection.prepare(
      `SELECT * FROM commands WHERE ${IS_KEY} AND expires_at_ms <= ? AND locked_until_ms <= ?
       ORDER BY sequence_number LIMIT ?`,
    );
    this.all = connection.prepare(
      `SELECT * FROM commands WHERE ${IS_KEY} ORDER BY sequence_number`,
    );
  }
}

export class SqliteCommandStore implements CommandStore {
  readonly #statements: CommandStatements;
  readonly #hub: RowOwner;

  constructor(statements: CommandStatements, hub: RowOwner) {
    this.#statements = statements;
    this.#hub = hub;
  }

  enqueue(command: NewCommand, queueLengthMax: number): Promise<Command | "full"> {
    const { count, insert } = this.#statements;
    const key = this.#keyOf(command.key);
    const { message, ack, enqueuedAtMs, expiresAtMs } = command;
    return this.#hub.write(() => {
      if ((count.get(...key)?.count ?? 0) >= queueLengthMax) return "full";
      const properties = encodeProperties(message.properties);
      const times = [enqueuedAtMs, expiresAtMs];
      const { lastInsertRowid } = insert.run(...key, ack, properties, message.body, ...times);
      return { ...command, sequenceNumber: Number(lastInsertRowid), deliveryCount: 0 };
    });
  }

  async lock(request: Parameters<CommandStore["lock"]>[0]): Promise<readonly LockedCommand[]> {
    const { free, lock } = this.#statements;
    const { key, limit, nowMs, lockedUntilMs, createLockToken } = request;
    const select = (): Row[] => free.all(...this.#keyOf(key), nowMs, nowMs, limit);
    // Most looks find nothing; those cost no commit.
    if (select().length === 0) return [];
    return this.#hub.write(() =>
      select().map((row) => {
        const lockToken = createLockToken();
        lock.run(lockToken, lockedUntilMs, row.sequence_number);
        return { ...decode(row), lockToken, lockedUntilMs };
      }),
    );
  }

  settle(key: IdentityKey, lockToken: string, nowMs: number): Promise<Command | undefined> {
    const { held, remove } = this.#statements;
    return this.#hub.write(() => {
      const row = held.get(...this.#keyOf(key), lockToken, nowMs);
      if (row === undefined) return undefined;
      remove.run(row.sequence_number);
      return decode(row);
    });
  }

  release(
    key: IdentityKey,
    lockToken: string,
    options: { nowMs: number; countsDelivery: boolean; deliveryCountMax: number },
  ): Promise<{ command: Command; isRemoved: boolean } | undefined> {
    const { held, remove, release } = this.#statements;
    return this.#hub.write(() => {
      const row = held.get(...this.#keyOf(key), lockToken, options.nowMs);
      if (row === undefined) return undefined;
      const added = options.countsDelivery ? 1 : 0;
      const deliveryCount = row.delivery_count + added;
      const isRemoved = deliveryCount >= options.deliveryCountMax;
      if (isRemoved) remove.run(row.sequence_number);
      else release.run(added, row.sequence_number);
      return { command: { ...decode(row), deliveryCount }, isRemoved };
    });
  }

  async removeExpired(
    request: Parameters<CommandStore["removeExpired"]>[0],
  ): Promise<readonly Command[]> {
    const { expired, expiredOf, remove } = this.#statements;
    const { key, nowMs, limit } = request;
    const select = (): Row[] =>
      key === undefined
        ? expired.all(this.#hub.key, nowMs, nowMs, limit)
        : expiredOf.all(...this.#keyOf(key), nowMs, nowMs, limit);
    if (select().length === 0) return [];
    return this.#hub.write(() => removeRows(select(), remove));
  }

  removeAll(key: IdentityKey): Promise<readonly Command[]> {
    const { all, remove } = this.#statements;
    return this.#hub.write(() => removeRows(all.all(...this.#keyOf(key)), remove));
  }

  async count(key: IdentityKey): Promise<number> {
    return this.#statements.count.get(...this.#keyOf(key))?.count ?? 0;
  }

  #keyOf(key: IdentityKey): Key {
    return [this.#hub.key, key.deviceId, key.moduleId ?? ""];
  }
}

function removeRows(rows: readonly Row[], remove: CommandStatements["remove"]): Command[] {
  for (const row of rows) remove.run(row.sequence_number);
  return rows.map(decode);
}

function encodeProperties(properties: Command["message"]["properties"]): string {
  return JSON.stringify([properties.system, [...properties.application]]);
}

function decode(row: Row): Command {
  const [system, application] = JSON.parse(row.properties) as [
    SystemProperties,
    [string, PropertyValue][],
  ];
  return {
    key:
      row.module_id === ""
        ? { deviceId: row.device_id }
        : { deviceId: row.device_id, moduleId: row.module_id },
    sequenceNumber: row.sequence_number,
    message: { properties: messageProperties(system, new Map(application)), body: row.body },
    ack: row.ack,
    enqueuedAtMs: row.enqueued_at_ms,
    expiresAtMs: row.expires_at_ms,
    deliveryCount: row.delivery_count,
  };
}
